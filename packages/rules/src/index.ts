export type {
  ArgumentListNode,
  BinaryOperator,
  CompareNode,
  ExistsNode,
  FieldNode,
  FilterNode,
  JunctionNode,
  LeftSide,
  ListNode,
  ListOperator,
  MacroNode,
  Modifier,
  NameNode,
  NotNode,
  NumberNode,
  NumberOperator,
  RightSide,
  TextNode,
  TextOperator,
  TextSpan,
  TransformerArgument,
  TransformerName,
  TransformerNode,
  ValueNode,
} from "./filter/ast.ts";
export { FILTER_DEPTH, parseFilter, RULE_DEPTH } from "./filter/parse-filter.ts";
export { placeInFilter, type Place } from "./filter/place.ts";
export { describeFilter, printFilter } from "./filter/print-filter.ts";
export {
  LIST_OPERATORS,
  MODIFIERS,
  NUMBER_OPERATORS,
  TEXT_OPERATORS,
  TRANSFORMERS,
} from "./filter/vocabulary.ts";
