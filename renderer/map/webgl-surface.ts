/**
 * Tiles drawn by the graphics card: numbers go there once, as textures of one float32 a texel; colours, gamma and domain
 * are a table of 256 steps and one of 256 colours, so that changing them costs no pass over the data.
 *
 * Everything that decides a pixel is a comparison of float32 numbers or a sum of whole ones, which all cards do alike:
 * `canvas-surface.ts` gives the same pixels.
 */
import { LUT_SIZE } from '../../shared/colour/lut.ts';
import { TILE_SIZE } from '../../shared/tensor/tile.ts';
import { colourWords, type MapColours } from '../../shared/view/map/map-colours.ts';
import type { NamedTile, TileQuad } from './place-tiles.ts';
import type { TileSurface } from './tile-surface.ts';
import type { SizePx } from './viewport.ts';

/** Textures kept on the card: 80 MiB, several screens full. */
const MOST_TEXTURES = 320;
/** Cards need not know NaN; no value is as low as this. */
const MASKED = -3e38;

const VERTEX = `#version 300 es
void main() {
  // One triangle over everything; the scissor cuts the tile out of it.
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
uniform highp sampler2D tile;
uniform highp sampler2D steps;
uniform highp sampler2D colours;
uniform int surfaceHeight;
uniform ivec4 place;  // x, y, width, height in pixels
uniform ivec4 texels; // first column, first row, columns, rows
out vec4 colour;
void main() {
  ivec2 pixel = ivec2(int(gl_FragCoord.x), surfaceHeight - 1 - int(gl_FragCoord.y)) - place.xy;
  ivec2 texel = texels.xy + ((2 * pixel + 1) * texels.zw) / (2 * place.zw);
  float value = texelFetch(tile, texel, 0).r;
  if (value < ${(MASKED / 2).toExponential()}) {
    colour = vec4(0.0);
    return;
  }
  int index = 0;
  for (int bit = 128; bit > 0; bit >>= 1) {
    if (value >= texelFetch(steps, ivec2(index | bit, 0), 0).r) index |= bit;
  }
  colour = vec4(texelFetch(colours, ivec2(index, 0), 0).rgb, 1.0);
}`;

interface Resources {
  readonly program: WebGLProgram;
  readonly steps: WebGLTexture;
  readonly colours: WebGLTexture;
  readonly at: (name: string) => WebGLUniformLocation | null;
}

export interface WebglOptions {
  /** Also where the card is imitated by the processor, which the canvas does faster. */
  readonly software: boolean;
  /** The context was lost, or came back. */
  readonly onChange: () => void;
}

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

export class WebglSurface implements TileSurface {
  readonly kind = 'webgl';
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #scratch = new Float32Array(TILE_SIZE * TILE_SIZE);
  /** By name, in order of use, least recent first. */
  readonly #textures = new Map<string, WebGLTexture>();
  #resources: Resources | undefined;
  #loadedColours = '';

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext) {
    this.#canvas = canvas;
    this.#gl = gl;
  }

  /** Undefined where there is no WebGL2, or only an imitation that was not asked for. */
  static create({ software, onChange }: WebglOptions): WebglSurface | undefined {
    const canvas = document.createElement('canvas');
    const gl = canvas.getContext('webgl2', {
      antialias: false,
      depth: false,
      failIfMajorPerformanceCaveat: !software,
    });
    if (!gl || (!software && SOFTWARE.test(rendererName(gl)))) return undefined;
    const surface = new WebglSurface(canvas, gl);
    surface.#resources = buildResources(gl);
    canvas.addEventListener('webglcontextlost', (event) => {
      // Without this the context would not be given back.
      event.preventDefault();
      surface.#resources = undefined;
      surface.#textures.clear();
      surface.#loadedColours = '';
      onChange();
    });
    canvas.addEventListener('webglcontextrestored', () => {
      surface.#resources = buildResources(gl);
      onChange();
    });
    return surface;
  }

  /** Whether it can draw: not while its context is lost. */
  get usable(): boolean {
    return this.#resources !== undefined && !this.#gl.isContextLost();
  }

  isPrepared({ id }: NamedTile): boolean {
    return this.#textures.has(id);
  }

  canDraw({ id }: NamedTile): boolean {
    return this.#textures.has(id);
  }

  prepare({ id, cached }: NamedTile): void {
    const gl = this.#gl;
    const texture = newTexture(gl);
    const { values } = cached.tile;
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!;
      this.#scratch[index] = value === value ? Math.max(-1e38, Math.min(1e38, value)) : MASKED;
    }
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, TILE_SIZE, TILE_SIZE, 0, gl.RED, gl.FLOAT, this.#scratch);
    this.#textures.set(id, texture);
    for (const [oldId, old] of this.#textures) {
      if (this.#textures.size <= MOST_TEXTURES) break;
      gl.deleteTexture(old);
      this.#textures.delete(oldId);
    }
  }

  draw(quads: readonly TileQuad[], colours: MapColours, { width, height }: SizePx): CanvasImageSource | undefined {
    const [gl, resources] = [this.#gl, this.#resources];
    if (!resources || gl.isContextLost()) return undefined;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    gl.viewport(0, 0, width, height);
    gl.disable(gl.SCISSOR_TEST);
    gl.disable(gl.DITHER);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
    gl.useProgram(resources.program);
    this.#loadColours(resources, colours);
    gl.uniform1i(resources.at('surfaceHeight'), height);
    gl.activeTexture(gl.TEXTURE0);
    for (const quad of quads) {
      const texture = this.#use(quad.id);
      const [left, right] = [Math.max(0, quad.x), Math.min(width, quad.x + quad.width)];
      const [top, bottom] = [Math.max(0, quad.y), Math.min(height, quad.y + quad.height)];
      if (!texture || right <= left || bottom <= top) continue;
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.scissor(left, height - bottom, right - left, bottom - top);
      gl.uniform4i(resources.at('place'), quad.x, quad.y, quad.width, quad.height);
      gl.uniform4i(resources.at('texels'), quad.sourceX, quad.sourceY, quad.columns, quad.rows);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
    return this.#canvas;
  }

  #use(id: string): WebGLTexture | undefined {
    const texture = this.#textures.get(id);
    if (texture) {
      this.#textures.delete(id);
      this.#textures.set(id, texture);
    }
    return texture;
  }

  #loadColours(resources: Resources, colours: MapColours): void {
    const { key, steps } = colours;
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, resources.steps);
    if (key !== this.#loadedColours) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, LUT_SIZE, 1, 0, gl.RED, gl.FLOAT, steps);
    }
    gl.activeTexture(gl.TEXTURE2);
    gl.bindTexture(gl.TEXTURE_2D, resources.colours);
    if (key !== this.#loadedColours) {
      const bytes = new Uint8Array(colourWords(colours).buffer);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, LUT_SIZE, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
      this.#loadedColours = key;
    }
  }
}

function rendererName(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
}

/** Undefined where the driver refuses the program: the canvas draws then. */
function buildResources(gl: WebGL2RenderingContext): Resources | undefined {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) return undefined;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return undefined;
  gl.useProgram(program);
  const locations = new Map<string, WebGLUniformLocation | null>();
  const at = (name: string) => {
    if (!locations.has(name)) locations.set(name, gl.getUniformLocation(program, name));
    return locations.get(name) ?? null;
  };
  gl.uniform1i(at('tile'), 0);
  gl.uniform1i(at('steps'), 1);
  gl.uniform1i(at('colours'), 2);
  gl.activeTexture(gl.TEXTURE0);
  return { program, steps: newTexture(gl), colours: newTexture(gl), at };
}

/** Bound, and without smoothing, which a float texture could not have anyway. */
function newTexture(gl: WebGL2RenderingContext): WebGLTexture {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
  return texture;
}
