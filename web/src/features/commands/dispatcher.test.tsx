import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useMemo } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CommandDispatcher } from "./dispatcher";
import { useCommands, type Command } from "./registry";

vi.mock("./console-commands", () => ({ useConsoleCommands: () => undefined }));

function Page({ commands }: { commands: Partial<Command>[] }) {
  const all = useMemo(() => commands.map((command, index) => ({ id: `c${index}`, label: "Do", group: "Test", perform: () => undefined, ...command })), [commands]);
  useCommands(all);
  return <input aria-label="Text" />;
}

function open(...commands: Partial<Command>[]) {
  return render(
    <>
      <CommandDispatcher />
      <Page commands={commands} />
    </>,
  );
}

function press(target: Element, key: string, more: object = {}): void {
  fireEvent.keyDown(target, { key, code: `Key${key.toUpperCase()}`, ...more });
}

describe("the keys of commands", () => {
  afterEach(cleanup);

  it("perform, but a single key never while typing", () => {
    const perform = vi.fn();
    open({ shortcut: "v", perform });
    press(screen.getByLabelText("Text"), "v");
    expect(perform).not.toHaveBeenCalled();
    press(document.body, "v");
    expect(perform).toHaveBeenCalledOnce();
  });

  it("leave undo to the text that is being typed, unless a command is meant for everywhere", () => {
    const undo = vi.fn();
    const search = vi.fn();
    open({ shortcut: "mod+z", perform: undo }, { shortcut: "mod+k", everywhere: true, perform: search });
    press(screen.getByLabelText("Text"), "z", { ctrlKey: true });
    press(screen.getByLabelText("Text"), "k", { ctrlKey: true });
    expect([undo.mock.calls.length, search.mock.calls.length]).toEqual([0, 1]);
  });

  it("belong to what was put on the page last, and to nobody once it is gone", () => {
    const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()];
    const page = open({ shortcut: "v", perform: first }, { shortcut: "v", perform: second }, { shortcut: "v", enabled: false, perform: third });
    press(document.body, "v");
    page.unmount();
    press(document.body, "v");
    expect([first, second, third].map((each) => each.mock.calls.length)).toEqual([0, 1, 0]);
  });
});
