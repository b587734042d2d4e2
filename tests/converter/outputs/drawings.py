"""SVG files as the converter writes them, for tests."""

_HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="256" height="128" viewBox="0 0 4096 2048">'

# A linear gradient, a half-transparent radial one, shapes, a hole and an arc.
RICH = (
    f'{_HEAD}<defs><linearGradient id="g0" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="2000" '
    'y2="1500"><stop offset="0" stop-color="#f00"/><stop offset=".5" stop-color="#0f0"/>'
    '<stop offset="1" stop-color="#00f"/></linearGradient><radialGradient id="g1" '
    'gradientUnits="userSpaceOnUse" cx="3000" cy="1000" r="800"><stop offset="0" '
    'stop-color="#ff0"/><stop offset="1" stop-color="#f0f" stop-opacity=".2"/></radialGradient>'
    '<radialGradient id="g2" gradientUnits="userSpaceOnUse" cx="0" cy="0" r="1" '
    'gradientTransform="matrix(300 90 -40 200 3700 400)"><stop offset=".5" stop-color="#0a0"/>'
    '<stop offset="1" stop-color="#fff"/></radialGradient>'
    '</defs><path fill="url(#g0)" d="M100 100h1600v1600h-1600zm400 400v800h800v-800z"/>'
    '<circle fill="url(#g1)" cx="3000" cy="1000" r="900"/>'
    '<ellipse cx="2000" cy="1700" rx="300" ry="200" fill="#222" fill-opacity=".5"/>'
    '<path fill="#c60" d="M2000 200a200 200 0 0 1 400 0z"/>'
    '<rect x="1800" y="600" width="400" height="300" rx="80" fill="#08c"/>'
    '<path fill="none" stroke="#050" stroke-width="64" d="M200 1900h1400"/>'
    '<ellipse fill="#639" cx="2900" cy="1800" rx="400" ry="120" '
    'transform="rotate(-20 2900 1800)"/>'
    '<rect fill="none" stroke="url(#g0)" stroke-width="50" x="1850" y="1000" width="400" '
    'height="250" rx="60" transform="rotate(10 2050 1125)"/>'
    '<circle fill="none" stroke="url(#g2)" stroke-width="90" cx="3700" cy="400" r="250"/></svg>'
)

# Flat and opaque: every format holds it. The red square lies over the white one.
FLAT = (
    f'{_HEAD}<path fill="#fff" d="M0 0h4096v2048h-4096z"/><path fill="#e11" d="M512 512h1024v1024'
    'h-1024z"/><path fill="#fff" d="M768 768h512v512h-512z"/><circle cx="3000" cy="1024" r="512" '
    'fill="#e11"/></svg>'
)
