#version 300 es
precision highp float;
out vec4 color;
uniform vec2 size;
uniform float time;      // seconds
uniform int ids;         // 1: object ids instead of the picture

const float PI = 3.14159265;
const vec3 SUN = normalize(vec3(-0.55, 0.34, 0.62));

float hash(vec2 p) { p = fract(p * vec2(123.34, 456.21)); p += dot(p, p + 45.32); return fract(p.x * p.y); }
float noise(vec2 p) {
  vec2 i = floor(p), f = fract(p);
  f = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
  return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}
const mat2 TURN = mat2(0.8, 0.6, -0.6, 0.8);
float fbm(vec2 p, int octaves) {
  float sum = 0.0, amp = 0.5;
  for (int n = 0; n < 9; n++) { if (n >= octaves) break; sum += amp * noise(p); p = TURN * p * 2.03; amp *= 0.5; }
  return sum;
}

// Terrain: hills that rise away from the camera, with a valley in the middle.
float ground(vec2 p, int octaves) {
  float h = fbm(p * 0.055, octaves) * 9.0 + fbm(p * 0.019 + 7.3, 3) * 16.0;
  float valley = smoothstep(0.0, 26.0, abs(p.x - 6.0 + 6.0 * sin(p.y * 0.045)));
  return h * (0.35 + 0.75 * valley) - 13.5 + 0.02 * max(p.y, 0.0);
}

// ---- balloons -------------------------------------------------------------------------------------------------
struct Balloon { vec3 at; float scale; float spin; vec3 a; vec3 b; vec3 c; float style; };
Balloon balloon(int n) {
  if (n == 0) return Balloon(vec3(-5.4 + 1.20 * time, 2.1 + 0.34 * time + 0.10 * sin(time * 1.3), 13.5), 3.0, 0.22 * time, vec3(0.80, 0.09, 0.07), vec3(0.98, 0.86, 0.62), vec3(0.99, 0.63, 0.12), 0.0);
  if (n == 1) return Balloon(vec3(9.6 - 1.45 * time, 6.3 + 0.20 * time, 24.0), 3.3, -0.16 * time + 1.0, vec3(0.05, 0.42, 0.47), vec3(0.98, 0.90, 0.72), vec3(0.93, 0.76, 0.20), 1.0);
  return Balloon(vec3(17.5 - 0.30 * time, 9.6 + 0.12 * time, 46.0), 2.9, 0.1 * time + 2.0, vec3(0.36, 0.16, 0.48), vec3(0.95, 0.55, 0.35), vec3(0.98, 0.85, 0.6), 0.0);
}
float roundCone(vec3 p, float r1, float r2, float h) {
  float b = (r1 - r2) / h, a = sqrt(1.0 - b * b);
  vec2 q = vec2(length(p.xz), p.y);
  float k = dot(q, vec2(-b, a));
  if (k < 0.0) return length(q) - r1;
  if (k > a * h) return length(q - vec2(0.0, h)) - r2;
  return dot(q, vec2(a, b)) - r1;
}
float capsule(vec3 p, vec3 a, vec3 b, float r) { vec3 pa = p - a, ba = b - a; return length(pa - ba * clamp(dot(pa, ba) / dot(ba, ba), 0.0, 1.0)) - r; }
float box(vec3 p, vec3 b, float r) { vec3 q = abs(p) - b; return length(max(q, 0.0)) + min(max(q.x, max(q.y, q.z)), 0.0) - r; }
// In a balloon's own units: envelope of radius 1 around (0, 0, 0), basket below. x: distance, y: part.
vec2 shape(vec3 p, float spin) {
  float angle = atan(p.z, p.x) + spin;
  float gores = 0.018 * abs(sin(angle * 8.0)) * smoothstep(-1.3, -0.4, p.y);
  float envelope = roundCone(p - vec3(0.0, -1.12, 0.0), 0.2, 1.0, 1.12) - gores;
  envelope = max(envelope, -1.26 - p.y);
  vec2 hit = vec2(envelope, 1.0);
  vec3 q = p - vec3(0.0, -1.86, 0.0);
  float basket = box(q, vec3(0.155, 0.105, 0.155), 0.03);
  basket = max(basket, -box(q - vec3(0.0, 0.1, 0.0), vec3(0.13, 0.13, 0.13), 0.01));
  if (basket < hit.x) hit = vec2(basket, 2.0);
  vec3 r = vec3(abs(p.x), p.y, abs(p.z));
  float rope = capsule(r, vec3(0.155, -1.74, 0.155), vec3(0.125, -1.24, 0.125), 0.012);
  if (rope < hit.x) hit = vec2(rope, 3.0);
  float burner = capsule(p, vec3(0.0, -1.46, 0.0), vec3(0.0, -1.40, 0.0), 0.045);
  if (burner < hit.x) hit = vec2(burner, 3.0);
  return hit;
}
vec3 balloons(vec3 p) {           // distance, part, which
  vec3 best = vec3(1e5, 0.0, -1.0);
  for (int n = 0; n < 3; n++) {
    Balloon b = balloon(n);
    vec3 q = (p - b.at) / b.scale;
    float bound = length(q - vec3(0.0, -0.45, 0.0)) - 1.75;
    if (bound > 0.3) { if (bound * b.scale < best.x) best = vec3(bound * b.scale, 0.0, best.z); continue; }
    vec2 hit = shape(q, b.spin);
    if (hit.x * b.scale < best.x) best = vec3(hit.x * b.scale * 0.9, hit.y, float(n));
  }
  return best;
}
vec3 balloonNormal(vec3 p) {
  vec2 e = vec2(0.004, -0.004);
  return normalize(e.xyy * balloons(p + e.xyy).x + e.yyx * balloons(p + e.yyx).x + e.yxy * balloons(p + e.yxy).x + e.xxx * balloons(p + e.xxx).x);
}
vec3 balloonColor(vec3 p, int n, float part) {
  Balloon b = balloon(n);
  vec3 q = (p - b.at) / b.scale;
  if (part > 2.5) return vec3(0.16, 0.12, 0.10);
  if (part > 1.5) { float weave = 0.75 + 0.25 * sin(q.y * 190.0) * sin((q.x + q.z) * 150.0); return vec3(0.46, 0.28, 0.13) * weave; }
  float angle = atan(q.z, q.x) + b.spin;
  float gore = floor(angle * 8.0 / PI);
  float odd = mod(gore, 2.0);
  vec3 base = mix(b.a, b.b, odd);
  float wave = b.style < 0.5 ? 0.10 * abs(fract(angle * 4.0 / PI) - 0.5) * 2.0 : 0.0;
  float band = smoothstep(0.004, 0.0, abs(q.y - 0.10 + wave * 1.6 - 0.06) - 0.115);
  base = mix(base, b.c, band);
  base = mix(base, b.a * 0.8, smoothstep(-0.78, -0.80, q.y));
  base = mix(base, b.a, smoothstep(0.86, 0.87, q.y));
  float seam = smoothstep(0.03, 0.0, abs(sin(angle * 8.0)));
  return base * (1.0 - 0.20 * seam);
}

// ---- sky --------------------------------------------------------------------------------------------------------
vec3 sky(vec3 d) {
  float up = max(d.y, 0.0);
  vec3 c = mix(vec3(0.90, 0.62, 0.40), vec3(0.22, 0.45, 0.74), pow(smoothstep(-0.04, 0.40, d.y), 0.62));
  c = mix(c, vec3(0.07, 0.22, 0.52), smoothstep(0.15, 0.8, up));
  float s = max(dot(d, SUN), 0.0);
  c += vec3(1.0, 0.72, 0.42) * (0.16 * pow(s, 5.0) + 0.55 * pow(s, 90.0));
  vec2 uv = d.xz / (d.y + 0.18) * 1.1 + vec2(0.02 * time, 0.0);
  float cloud = smoothstep(0.47, 0.80, fbm(uv * vec2(0.9, 1.5) + 3.0, 7)) * smoothstep(0.02, 0.20, d.y);
  vec3 lit = mix(vec3(0.62, 0.54, 0.60), vec3(1.0, 0.86, 0.72), fbm(uv * 2.3 + 9.0, 4) + 0.25 * s);
  return mix(c, lit, cloud * 0.85);
}

void main() {
  vec2 uv = (gl_FragCoord.xy * 2.0 - size) / size.y;
  vec3 eye = vec3(-0.5 + 0.32 * time, 3.6 + 0.10 * time, -6.0);
  vec3 at = vec3(0.2 + 0.16 * time, 3.9 + 0.12 * time, 20.0);
  vec3 f = normalize(at - eye), r = normalize(cross(vec3(0, 1, 0), f)), u = cross(f, r);
  vec3 d = normalize(f * 1.75 + uv.x * r + uv.y * u);

  // Balloons first: they are nearer than any hill they stand before.
  float tb = 0.0; vec3 hit = vec3(1e5, 0.0, -1.0); bool found = false;
  for (int n = 0; n < 110; n++) {
    hit = balloons(eye + d * tb);
    if (hit.x < 0.0012 * tb * 0.4 && hit.y > 0.5) { found = true; break; }
    tb += max(hit.x, 0.002);
    if (tb > 90.0) break;
  }
  // Terrain.
  float tg = 4.0; bool land = false;
  float limit = found ? min(tb, 240.0) : 240.0;
  float last = 0.0;
  for (int n = 0; n < 150; n++) {
    vec3 p = eye + d * tg;
    if (p.y > 22.0 && d.y > 0.0) break;
    float h = p.y - ground(p.xz, 5);
    if (h < 0.003 * tg) { land = true; break; }
    tg += max(h * 0.45, 0.02 * tg * 0.25);
    if (tg > limit) break;
  }
  if (ids == 1) { float id = found && !(land && tg < tb) ? hit.z + 1.0 : 0.0; color = vec4(vec3(id / 255.0), 1.0); return; }

  vec3 c = sky(d);
  float t = 1e5;
  if (land && !(found && tb < tg)) {
    t = tg;
    vec3 p = eye + d * t;
    float e = 0.0015 * t + 0.02;
    vec3 n = normalize(vec3(ground(p.xz - vec2(e, 0), 8) - ground(p.xz + vec2(e, 0), 8), 2.0 * e, ground(p.xz - vec2(0, e), 8) - ground(p.xz + vec2(0, e), 8)));
    float trees = fbm(p.xz * 1.7, 5), patches = fbm(p.xz * 0.13 + 4.0, 4);
    vec3 meadow = mix(vec3(0.29, 0.36, 0.10), vec3(0.46, 0.43, 0.15), fbm(p.xz * 0.5, 4));
    vec3 forest = mix(vec3(0.055, 0.12, 0.05), vec3(0.14, 0.22, 0.07), trees);
    vec3 rock = mix(vec3(0.34, 0.29, 0.25), vec3(0.52, 0.46, 0.40), trees);
    vec3 albedo = mix(meadow, forest, smoothstep(0.46, 0.56, patches + 0.25 * (trees - 0.5)));
    albedo = mix(albedo, rock, smoothstep(0.72, 0.58, n.y));
    float sun = max(dot(n, SUN), 0.0);
    // Long shadows of the hills.
    float shade = 1.0, st = 0.6;
    for (int k = 0; k < 14; k++) { vec3 q = p + SUN * st; shade = min(shade, smoothstep(-0.4, 0.5, (q.y - ground(q.xz, 4)) / (0.12 * st + 0.3))); st *= 1.5; }
    // Shadows of the balloons.
    for (int k = 0; k < 3; k++) { Balloon b = balloon(k); vec3 m = b.at - p; float along = dot(m, SUN); float miss = length(m - SUN * along); if (along > 0.0) shade *= mix(1.0, smoothstep(0.85 * b.scale, 1.25 * b.scale, miss), 0.8); }
    c = albedo * (vec3(1.55, 1.12, 0.72) * 1.75 * sun * shade + vec3(0.42, 0.52, 0.72) * (0.55 + 0.45 * n.y) * 0.9);
    float mist = exp(-max(p.y + 10.5, 0.0) * 0.26) * (0.4 + 0.6 * fbm(p.xz * 0.06 + 0.03 * time, 4));
    c = mix(c, vec3(0.80, 0.68, 0.62), clamp(mist * smoothstep(10.0, 70.0, t) * 0.8, 0.0, 0.85));
  } else if (found) {
    t = tb;
    vec3 p = eye + d * t;
    int which = int(hit.z + 0.5);
    vec3 n = balloonNormal(p);
    Balloon b = balloon(which);
    vec3 q = (p - b.at) / b.scale;
    vec3 albedo = balloonColor(p, which, hit.y);
    float sun = max(dot(n, SUN), 0.0);
    float through = hit.y < 1.5 ? 0.28 * pow(max(dot(-n, SUN) * 0.5 + 0.5, 0.0), 1.5) : 0.0;
    float under = hit.y > 1.5 ? 0.45 : 1.0;
    c = albedo * (vec3(1.5, 1.16, 0.82) * 1.5 * (sun * under + through) + vec3(0.46, 0.56, 0.76) * (0.62 + 0.38 * n.y) + vec3(0.30, 0.24, 0.12) * max(-n.y, 0.0));
    vec3 h = normalize(SUN - d);
    c += vec3(1.0, 0.9, 0.75) * 0.22 * pow(max(dot(n, h), 0.0), 34.0) * under;
    // The burner lights the mouth now and then.
    float flame = smoothstep(0.55, 1.0, sin(time * 2.1 + float(which) * 2.0));
    c += vec3(1.0, 0.5, 0.16) * flame * smoothstep(-0.55, -1.25, q.y) * 0.55 * step(hit.y, 1.5);
  }
  float far = t > 1e4 ? 0.0 : 1.0 - exp(-t * t * 0.00006);
  vec3 air = mix(vec3(0.60, 0.58, 0.64), vec3(0.98, 0.72, 0.48), pow(max(dot(d, SUN), 0.0), 5.0));
  c = mix(c, air, far * 0.94);
  c = c * 0.66;
  c = (c * (2.51 * c + 0.03)) / (c * (2.43 * c + 0.59) + 0.14);   // filmic
  c = pow(clamp(c, 0.0, 1.0), vec3(1.0 / 2.2));
  vec2 v = gl_FragCoord.xy / size;
  c = mix(vec3(dot(c, vec3(0.3, 0.6, 0.1))), c, 1.12);
  c *= 0.88 + 0.12 * pow(16.0 * v.x * v.y * (1.0 - v.x) * (1.0 - v.y), 0.25);
  c += (hash(gl_FragCoord.xy + fract(time) * 91.7) - 0.5) * 0.012;
  color = vec4(c, 1.0);
}
