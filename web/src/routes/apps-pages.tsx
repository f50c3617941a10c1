import { FirstPage, HomePage } from "@/features/apps/home-page";

export function StartRoute() {
  return <FirstPage />;
}

export function AppsRoute() {
  return <HomePage />;
}
