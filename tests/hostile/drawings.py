"""SVGs that are made to read files, to end a renderer, or to take for ever."""

_OPEN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"'


def drawing(content, attributes=""):
    return f"{_OPEN} {attributes}>{content}</svg>"


_CIRCLE = '<circle cx="32" cy="32" r="30" fill="#d33"/>'
_NOISE = (
    '<filter id="f" x="0" y="0" width="64" height="64"><feTurbulence baseFrequency="0.9" '
    'numOctaves="2000000000"/></filter><rect width="64" height="64" filter="url(#f)"/>'
)
_MANY = "".join(
    f'<linearGradient id="g{i}" href="#g{i + 1}"><stop/></linearGradient>' for i in range(20_000)
)

HOSTILE = {
    "image": drawing(f'<image href="/any.png" width="64" height="64"/>{_CIRCLE}'),
    "image-with-prefix": drawing(
        f'<s-v.g:image href="/any.png" width="9" height="9"/>{_CIRCLE}',
        'xmlns:s-v.g="http://www.w3.org/2000/svg"',
    ),
    "image-in-a-filter": drawing(
        '<filter id="f"><feImage href="/any.png"/></filter>'
        '<rect width="64" height="64" filter="url(#f)"/>'
    ),
    "link-to-a-file": drawing(f'<use href="file:///etc/passwd#x"/>{_CIRCLE}'),
    "entity": '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + drawing("&a;"),
    "many-laughs": '<!DOCTYPE svg [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{i} "{"&a" * 9};">' for i in range(9))
    + "]>"
    + drawing("&a8;"),
    "nested": drawing("<g>" * 1000 + _CIRCLE + "</g>" * 1000),
    "nested-deeper": drawing("<g>" * 50_000 + _CIRCLE + "</g>" * 50_000),
    "turbulence": drawing(_NOISE),
    "use-bomb": drawing(
        '<g id="a0"><rect width="1" height="1"/></g>'
        + "".join(f'<g id="a{i + 1}">' + f'<use href="#a{i}"/>' * 30 + "</g>" for i in range(9))
        + '<use href="#a9"/>'
    ),
    "two-dots": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1.2.3 5"/>',
    "superscript": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ² ²"/>',
    "endless-number": drawing(_CIRCLE).replace("64 64", "9" * 5000 + " 1"),
    "no-size": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "huge": drawing(f"{_CIRCLE}<!--{'x' * 2**21}-->"),
    "broken": "<svg",
    "binary": "\x00\x01\x02",
    "empty": "",
    "surrogate": drawing("\ud800".encode("utf-8", "replace").decode()),
}

# What may be rendered or refused, but not for long.
COSTLY = {
    "blur": drawing(
        '<filter id="f" x="-1e9" y="-1e9" width="2e9" height="2e9"><feGaussianBlur '
        'stdDeviation="1e8"/></filter>'
        + '<rect width="1e9" height="1e9" filter="url(#f)"/>' * 3
        + _CIRCLE
    ),
    "gradients": drawing(_MANY + '<rect width="64" height="64" fill="url(#g0)"/>'),
    "paths": drawing(
        "".join(f'<path d="M{i} 0L{i + 9} 64z" stroke="#000"/>' for i in range(30_000)) + _CIRCLE
    ),
}
