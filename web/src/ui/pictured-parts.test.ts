import { expect, test } from "vitest";
import { namedPictures, picturedParts } from "./pictured-parts";

test("pictures that the server keeps are cut out, others stay as they are written", () => {
  const kept = "http://here/files/tools/0190.png?timestamp=1&nonce=a&sign=b%3D";
  const elsewhere = "![boat](https://example.org/boat.png)";
  expect(picturedParts(`The pier ![image](${kept}) at dawn ${elsewhere}`)).toEqual([
    { text: "The pier " },
    { text: "image", url: kept },
    { text: ` at dawn ${elsewhere}` },
  ]);
  expect(picturedParts("")).toEqual([]);
  expect(namedPictures(`The pier ![image](${kept})`)).toBe("The pier [image]");
});
