import { describe, expect, it } from "vitest";
import { squareOf } from "./picture";

describe("squareOf", () => {
  it("takes the middle of a picture as large as it can", () => {
    expect(squareOf(400, 200, { zoom: 1, x: 0.5, y: 0.5 })).toEqual({ left: 100, top: 0, side: 200 });
  });

  it("stays within the picture", () => {
    expect(squareOf(400, 200, { zoom: 2, x: 1, y: -3 })).toEqual({ left: 300, top: 0, side: 100 });
  });

  it("never takes more than there is", () => {
    expect(squareOf(100, 300, { zoom: 0.2, x: 0, y: 1 })).toEqual({ left: 0, top: 200, side: 100 });
  });
});
