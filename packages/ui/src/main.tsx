import { createRoot } from "react-dom/client";

import { App } from "./app.tsx";
import { startListening } from "./live/store.ts";

const root = document.getElementById("root");
if (root !== null) {
  startListening();
  createRoot(root).render(<App />);
}
