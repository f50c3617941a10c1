/**
 * Browsers give frames of other sites no storage when their owner blocks cookies, and sandboxed ones never: reading
 * `localStorage` raises there. Pages then remember for as long as they are open.
 */
class Memory implements Storage {
  private readonly items = new Map<string, string>();

  get length(): number {
    return this.items.size;
  }
  clear(): void {
    this.items.clear();
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}

export function ensureStorage(name: "localStorage" | "sessionStorage"): void {
  try {
    window[name].getItem("");
  } catch {
    Object.defineProperty(window, name, { value: new Memory(), configurable: true });
  }
}

// On import: what is imported after this may read at once.
ensureStorage("localStorage");
ensureStorage("sessionStorage");
