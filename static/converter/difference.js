// Where two pictures differ by more than is seen, on white and, for clear logos, on black.

const SIDE = 1024; // pixels at which they are compared, at most
const SEEN = 0.06; // distance in OKLab from which two patches look different side by side
const MARK = [214, 0, 130];
// An outline that lies half a pixel off changes one pixel's width: that is smoothing, not a fault.
const EDGE = 1;

const LINEAR = Float32Array.from({ length: 256 }, (_, i) => {
  const value = i / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

// Ottosson, "A perceptual color space for image processing", 2020.
function toLab(data, ground) {
  const lab = new Float32Array((data.length / 4) * 3);
  for (let i = 0, o = 0; i < data.length; i += 4, o += 3) {
    const alpha = data[i + 3] / 255;
    const [r, g, b] = [0, 1, 2].map((c) => LINEAR[Math.round(data[i + c] * alpha + ground * (1 - alpha))]);
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    lab[o] = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
    lab[o + 1] = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
    lab[o + 2] = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  }
  return lab;
}

function pixelsOf(image, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

// Whether a pixel of one picture has no like among the other's pixels around the same place.
function differs(one, other, x, y, width, height) {
  const at = (y * width + x) * 3;
  for (let v = Math.max(0, y - EDGE); v <= Math.min(height - 1, y + EDGE); v += 1) {
    for (let u = Math.max(0, x - EDGE); u <= Math.min(width - 1, x + EDGE); u += 1) {
      const near = (v * width + u) * 3;
      const distance = Math.hypot(one[at] - other[near], one[at + 1] - other[near + 1], one[at + 2] - other[near + 2]);
      if (distance < SEEN) return false;
    }
  }
  return true;
}

// Draw the original, faded, with marks where the drawing differs; return the share that does.
export function drawDifference(canvas, original, drawing, logo) {
  const scale = Math.min(1, SIDE / Math.max(logo.width, logo.height));
  const width = Math.max(1, Math.round(logo.width * scale)), height = Math.max(1, Math.round(logo.height * scale));
  const first = pixelsOf(original, width, height), second = pixelsOf(drawing, width, height);
  const clear = first.some((value, i) => i % 4 === 3 && value < 255);
  const grounds = clear ? [255, 0] : [255];
  const labs = grounds.map((ground) => [toLab(first, ground), toLab(second, ground)]);
  const out = new ImageData(width, height);
  let count = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = (y * width + x) * 4;
      const marked = labs.some(([a, b]) => differs(a, b, x, y, width, height) || differs(b, a, x, y, width, height));
      count += marked;
      const alpha = first[i + 3] / 255;
      const gray = 0.3 * first[i] + 0.59 * first[i + 1] + 0.11 * first[i + 2];
      const faded = 255 - (255 - (gray * alpha + 255 * (1 - alpha))) * 0.3;
      out.data.set(marked ? [...MARK, 255] : [faded, faded, faded, 255], i);
    }
  }
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(out, 0, 0);
  return count / (width * height);
}
