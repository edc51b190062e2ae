// Where the phone is: asked for only on a tap.

const EARTH = 6371008.8; // metres

// -> {lon, lat, accuracy} in WGS84 and metres; throws what the browser says.
export function whereAmI() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) return reject(new Error("no geolocation"));
    const options = { enableHighAccuracy: true, timeout: 30000, maximumAge: 60000 };
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude, accuracy: Math.min(100000, Math.round(coords.accuracy)) }),
      reject,
      options,
    );
  });
}

// Metres on the sphere: good for "which is nearest".
export function metresBetween(here, site) {
  if (!site) return Infinity;
  const [lon, lat] = site.coordinates;
  const rad = Math.PI / 180;
  const a = Math.sin(((lat - here.lat) * rad) / 2) ** 2;
  const b = Math.cos(lat * rad) * Math.cos(here.lat * rad) * Math.sin(((lon - here.lon) * rad) / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.sqrt(a + b));
}

export function distanceWords(metres) {
  return metres < 950 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(metres < 9950 ? 1 : 0)} km`;
}
