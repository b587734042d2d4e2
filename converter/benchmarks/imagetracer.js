// Draws the images of a folder with ImageTracer: node imagetracer.js PACKAGES UPLOADS DRAWINGS
// Reads UPLOADS/x.rgba (width and height as 32-bit little-endian numbers, then the pixels) and
// writes DRAWINGS/x.svg and x.ms, the CPU milliseconds that it took.
const fs = require("fs");
const path = require("path");

const [packages, uploads, drawings] = process.argv.slice(2);
const tracer = require(path.join(packages, "node_modules", "imagetracerjs"));

for (const name of fs.readdirSync(uploads).filter((file) => file.endsWith(".rgba"))) {
  const bytes = fs.readFileSync(path.join(uploads, name));
  const image = {
    width: bytes.readUInt32LE(0),
    height: bytes.readUInt32LE(4),
    data: new Uint8ClampedArray(bytes.subarray(8)),
  };
  const started = process.cpuUsage();
  const svg = tracer.imagedataToSVG(image, "default");
  const used = process.cpuUsage(started);
  const stem = path.join(drawings, name.slice(0, -".rgba".length));
  fs.writeFileSync(`${stem}.svg`, svg);
  fs.writeFileSync(`${stem}.ms`, String((used.user + used.system) / 1000));
}
