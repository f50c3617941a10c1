import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import { Dialog } from "./dialog";
import { Menu, MenuItem } from "./menu";

function Page() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Menu trigger={<button type="button">More</button>}>
        <MenuItem onSelect={() => setOpen(true)}>Rename</MenuItem>
      </Menu>
      {open && (
        <Dialog open onOpenChange={() => setOpen(false)} title="Rename it">
          <input aria-label="Name" />
        </Dialog>
      )}
    </>
  );
}

afterEach(cleanup);

it("a dialog from a menu gives focus back to the button of the menu", async () => {
  render(<Page />);
  const user = userEvent.setup();
  screen.getByRole("button", { name: "More" }).focus();
  await user.keyboard("{Enter}");
  await user.keyboard("{Enter}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Name")));
  await user.keyboard("{Escape}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByText("More")));
});
