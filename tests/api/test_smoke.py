def test_a(api, cast):
    a = api().get(f"projects/{cast.published}/").ok()
    import json; print(json.dumps(a, ensure_ascii=False)[:3000])
    assert 0
def test_b(api, cast):
    api("official").change(f"projects/{cast.published}/", {"title_en": "x"}).ok()
def test_c(api, cast):
    assert api("official").get(f"projects/{cast.published}/").ok()["title_en"] != "x"
