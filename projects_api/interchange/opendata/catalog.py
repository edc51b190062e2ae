"""What there is, for machines that collect catalogues: DCAT 3 as JSON-LD, and schema.org for search engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects_api.interchange.opendata.dictionary import both
from projects_api.interchange.opendata.formats import FILES, File
from projects_api.interchange.opendata.licence import licence
from projects_api.interchange.opendata.metadata import spoken
from projects_api.interchange.opendata.nightly import Edition, Kept
from projects_api.interchange.opendata.table import Table
from projects_api.models import Bureau

Json = dict[str, Any]
TITLE = gettext_lazy("School construction: open data")
ABOUT = gettext_lazy(
    "Every published school construction project with its stages, places, site and money as far as its bureau publishes it."
)
OC4IDS_TITLE = gettext_lazy("OC4IDS package")
OC4IDS_ABOUT = gettext_lazy(
    "Every project with all that hangs on it, in the international standard for infrastructure data."
)
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_DAILY = {"@id": "http://publications.europa.eu/resource/authority/frequency/DAILY"}
_LANGUAGES = [{"@id": f"http://publications.europa.eu/resource/authority/language/{code}"} for code in ("ZHO", "ENG")]
_STANDARDS = {
    "csv": "https://www.rfc-editor.org/rfc/rfc4180",
    "geojson": "https://www.rfc-editor.org/rfc/rfc7946",
    "json": "https://standard.open-contracting.org/infrastructure/0.9/en/",
}


@dataclass(frozen=True)
class Addresses:
    """Absolute addresses. ``now``: of a file on demand; ``kept``: of one of the nightly edition; ``about``: of a table's page."""

    home: str
    api: str
    api_schema: str
    now: Callable[[str], str]
    kept: Callable[[str], str]
    about: Callable[[str], str]


def files_of(table: Table | None) -> list[File]:
    return [
        file for file in FILES.values() if (file.table.name if file.table else None) == (table.name if table else None)
    ]


def tables() -> list[Table | None]:
    """In the order of `FILES`; None is the OC4IDS package."""
    return list(dict.fromkeys(file.table for file in FILES.values()))


def dcat(addresses: Addresses, edition: Edition | None, bureaus: Iterable[Bureau]) -> Json:
    """The catalogue. Distributions are the nightly files where there are some: they have a size and a checksum."""
    bureaus = list(bureaus)
    publishers = [
        {"@type": "foaf:Organization", "dct:identifier": bureau.code, "foaf:name": _named(bureau)} for bureau in bureaus
    ]
    places = [{"@type": "dct:Location", "dcat:bbox": _box(bureau)} for bureau in bureaus]
    shared: Json = {
        "dct:publisher": publishers,
        "dct:language": _LANGUAGES,
        "dct:spatial": places,
    }
    if edition:
        shared["dct:modified"] = {"@value": edition.made_at.isoformat(timespec="seconds"), "@type": "xsd:dateTime"}
    return {
        "@context": _CONTEXT,
        "@id": addresses.home,
        "@type": "dcat:Catalog",
        "dct:title": spoken(both(TITLE)),
        "dct:description": spoken(both(ABOUT)),
        "foaf:homepage": {"@id": addresses.home},
        **shared,
        **_terms(None),
        "dcat:dataset": [_dataset(table, addresses, edition, shared) for table in tables()],
        "dcat:service": [
            {
                "@id": addresses.api,
                "@type": "dcat:DataService",
                "dct:title": "REST API",
                "dcat:endpointURL": {"@id": addresses.api},
                "dcat:endpointDescription": {"@id": addresses.api_schema},
                "dct:license": {"@id": licence().url},
            }
        ],
    }


def _dataset(table: Table | None, addresses: Addresses, edition: Edition | None, shared: Json) -> Json:
    name = table.name if table else "oc4ids"
    title, about = (table.title, table.about) if table else (OC4IDS_TITLE, OC4IDS_ABOUT)
    return {
        "@id": f"{addresses.home}#{name}",
        "@type": "dcat:Dataset",
        "dct:identifier": name,
        "dct:title": spoken(both(title)),
        "dct:description": spoken(both(about)),
        "dct:accrualPeriodicity": _DAILY,
        "dcat:landingPage": {"@id": addresses.about(name) if table else addresses.home},
        "dcat:keyword": spoken(both(gettext_lazy("school construction"))),
        **shared,
        **_terms(table),
        "dcat:distribution": [_distribution(file, addresses, edition) for file in files_of(table)],
    }


def _terms(table: Table | None) -> Json:
    """The licence; where others' terms hold, none of ours."""
    if table is None or not table.terms:
        return {"dct:license": {"@id": licence().url}}
    return {"dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": spoken(both(table.terms))}}


def _distribution(file: File, addresses: Addresses, edition: Edition | None) -> Json:
    kept: Kept | None = edition.folders[""].get(file.name) if edition else None
    address = addresses.kept(file.name) if kept else addresses.now(file.name)
    media = file.media_type.partition(";")[0]
    found: Json = {
        "@id": address,
        "@type": "dcat:Distribution",
        "dct:title": file.name,
        "dcat:accessURL": {"@id": addresses.home},
        "dcat:downloadURL": {"@id": address},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media}"},
        **_terms(file.table),
    }
    if standard := _STANDARDS.get(file.format):
        found["dct:conformsTo"] = {"@id": standard}
    if kept:
        found["dcat:byteSize"] = {"@value": str(kept.size), "@type": "xsd:nonNegativeInteger"}
        found["spdx:checksum"] = {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": kept.sha256, "@type": "xsd:hexBinary"},
        }
    return found


def _named(bureau: Bureau) -> list[Json]:
    found = (("zh-Hans", bureau.name_zh), ("en", bureau.name_en))
    return [{"@value": text, "@language": tag} for tag, text in found if text]


def _box(bureau: Bureau) -> Json:
    west, south, east, north = bureau.west, bureau.south, bureau.east, bureau.north
    ring = ", ".join(f"{x} {y}" for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south)))
    return {"@value": f"POLYGON(({ring}))", "@type": "http://www.opengis.net/ont/geosparql#wktLiteral"}


def structured(table: Table | None, addresses: Addresses, edition: Edition | None, bureaus: Iterable[Bureau]) -> Json:
    """schema.org for a search engine: the dataset of a table, or of everything, in the reader's language."""
    files = (
        files_of(table)
        if table
        else [FILES[name] for name in ("projects.csv", "projects.xlsx", "projects.geojson", "oc4ids.json")]
    )
    bureaus = list(bureaus)
    found: Json = {
        "@type": "Dataset",
        "name": f"{TITLE}: {table.title}" if table else str(TITLE),
        "description": str(table.about) if table else str(ABOUT),
        "url": addresses.about(table.name) if table else addresses.home,
        **({"creditText": str(table.terms)} if table and table.terms else {"license": licence().url}),
        "isAccessibleForFree": True,
        "keywords": [_("school construction")],
        "creator": [{"@type": "Organization", "name": bureau.name} for bureau in bureaus],
        "spatialCoverage": [
            {
                "@type": "Place",
                "name": b.region.name,
                "geo": {"@type": "GeoShape", "box": f"{b.south} {b.west} {b.north} {b.east}"},
            }
            for b in bureaus
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": file.media_type.partition(";")[0],
                "contentUrl": addresses.now(file.name),
            }
            for file in files
        ],
    }
    if edition:
        found["dateModified"] = edition.made_at.isoformat(timespec="seconds")
    return found
