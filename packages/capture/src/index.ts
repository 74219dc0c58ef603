export {
  scapBlockType,
  SECTION_HEADER,
  type ScapBlockKind,
  type ScapBlockType,
} from "./scap/block-kind.ts";
