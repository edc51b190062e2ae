"""A badge as SVG: a status's mark, two fields of words. No script, no style, no font of its own; pure."""

from __future__ import annotations

from django.utils.html import escape

from mapviews.styles import StatusStyle

HEIGHT = 28
_SIZE = 13
_FONT = "system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"


def badge_svg(style: StatusStyle, left: str, right: str, *, title: str) -> str:
    """``title``: what a screen reader says of it. The text's width is set (``textLength``), so that no font overflows."""
    first, second = breadth(left), breadth(right)
    split = 32 + first + 8
    width = split + 8 + second + 8
    straight = width - split - 4.5
    middle = HEIGHT / 2 + _SIZE * 0.36
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" role="img"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f'<rect x=".5" y=".5" width="{width - 1}" height="{HEIGHT - 1}" rx="4" fill="#fff" stroke="#55606a"/>'
        f'<path d="M{split} .5h{straight}a4 4 0 0 1 4 4v{HEIGHT - 9}a4 4 0 0 1 -4 4h-{straight}z" fill="#1d2429"/>'
        f'<g transform="translate(6 5) scale(.75)"><path d="{style.path}" fill="{style.fill}" stroke="{style.stroke}"'
        ' stroke-width="1.6" stroke-linejoin="round"/></g>'
        f'<g font-family="{_FONT}" font-size="{_SIZE}">'
        f'<text x="32" y="{middle:.1f}" textLength="{first}" lengthAdjust="spacingAndGlyphs" fill="#1d2429">{escape(left)}</text>'
        f'<text x="{split + 8}" y="{middle:.1f}" textLength="{second}" lengthAdjust="spacingAndGlyphs" fill="#fff">'
        f"{escape(right)}</text></g></svg>"
    )


def breadth(text: str) -> int:
    """About how many pixels the words take: Chinese characters are square, capitals wider than small letters."""
    wide = sum(
        1.0 if ord(c) > 0x2E7F else 0.68 if c.isupper() or c in "%mw" else 0.3 if c in " .,:il" else 0.56 for c in text
    )
    return round(_SIZE * wide)
