// Ill-formed URLs, made of well-formed ones.
import fc from "../../random.ts";

const one = fc.constantFrom;
const place = fc.noBias(fc.nat(9_999)).map((n) => n / 10_000);

/** What breaks grammars, names what is hidden, or would mean something to SQLite. */
const shards = one(
  ...["(", ")", "((((((((", "))", ",", ",,", ".", "..", ":", "::", "!", "!inner", "->", "->>", "*"],
  ...['"', "'", "''", "\\", "{", "}", "[", "]", "&", "&&", "=", "==", "?", "#", ";", "--", "/*"],
  ...[
    "%",
    "%2",
    "%00",
    "%0a",
    "%C3%28",
    "%ED%A0%80",
    "%E2%80%AE",
    "%F0%9F%8D%9C",
    "+",
    "é",
    "\ud800",
  ],
  ...["-1", "0", "1e309", "NaN", "Infinity", "99999999999999999999", "9007199254740993", "0x10"],
  ...["secret", "hidden_shop", "_v", "_fold_note", "rowid", "_search_name", "sqlite_master", "_tx"],
  ...[
    "not.",
    "or",
    "and",
    "is.null",
    "eq.",
    "in.(",
    "like.",
    "ilike(any).{",
    "cs.{",
    "ov.[",
    "fts.",
  ],
  ...["select=", "&order=", "&limit=", "&offset=", "&cursor=", "&cursor=e30", "&on_conflict=id"],
  ...[
    "...",
    "...lines(",
    "lines(*)",
    "orders(secret)",
    "count()",
    ".sum()",
    "::int",
    "::secret",
    "()",
  ],
  ...[
    " union select 1",
    "' or '1'='1",
    "null",
    "any",
    "order",
    "id",
    "&or=(",
    "&id=eq.",
    "$.a",
    "match.a",
  ],
);

type Edit = (text: string) => string;
const at = (text: string, where: number) => Math.floor(where * (text.length + 1));

const deletion = fc.tuple(place, fc.integer({ min: 1, max: 12 })).map(([p, n]): Edit => {
  return (text) => text.slice(0, at(text, p)) + text.slice(at(text, p) + n);
});
const insertion = fc
  .tuple(
    place,
    fc.oneof({ weight: 3, arbitrary: shards }, fc.string({ unit: "binary", maxLength: 4 })),
  )
  .map(
    ([p, shard]): Edit =>
      (text) =>
        text.slice(0, at(text, p)) + shard + text.slice(at(text, p)),
  );
const swap = fc.tuple(place, place, place).map((places): Edit => {
  return (text) => {
    const [a = 0, b = 0, c = 0] = places.map((p) => at(text, p)).sort((x, y) => x - y);
    return text.slice(0, a) + text.slice(b, c) + text.slice(a, b) + text.slice(c);
  };
});
/** One of the pairs again, or one replaced by what stands behind another's sign of equality. */
const repetition = fc.tuple(place, place, fc.boolean()).map(([p, q, whole]): Edit => {
  return (text) => {
    const pairs = text.split("&");
    const [a, b] = [p, q].map((n) => pairs[Math.min(pairs.length - 1, at(text, n) % pairs.length)]);
    const other = whole ? a : `${a?.split("=")[0]}=${b?.split("=")[1]}`;
    return `${text}&${other}`;
  };
});
const nesting = fc
  .tuple(place, fc.integer({ min: 2, max: 130 }), fc.boolean())
  .map(([p, n, tree]): Edit => {
    return (text) => {
      const open = tree ? "or(" : "lines(orders(";
      const inner = tree ? "id.is.null" : "id";
      const deep = open.repeat(n) + inner + ")".repeat(n * (tree ? 1 : 2));
      return tree
        ? `${text}&or=(${deep})`
        : text.replace("select=", `select=${p < 0.5 ? "" : "..."}${deep},`);
    };
  });
const enlargement = fc.tuple(place, fc.integer({ min: 1, max: 400 })).map(([p, n]): Edit => {
  return (text) => {
    const pairs = text.split("&");
    const pair = pairs[at(text, p) % pairs.length] ?? "";
    const value = pair.slice(pair.indexOf("=") + 1);
    return text.replace(pair, `${pair}${`,${value}`.repeat(n)}`.slice(0, 20_000));
  };
});
/** A name, an operator or a value in the place of another: what only the plan can refuse. */
const words = one(
  ...["secret", "_v", "no_such", "hidden_shop", "_fold_name", "id", "lines", "orders", "doc", "eq"],
  ...["gt", "in", "is", "like", "fts", "cs", "match", "sl", "asc", "int", "json", "sum", "count"],
  ...["name", "total", "order", "limit", "null", "true", "shops", "user_id", "float8", "note"],
);
const renaming = fc.tuple(place, words).map(([p, name]): Edit => {
  return (text) => {
    const all = [...text.matchAll(/(?<=[=.,:(!&>])(?!select=)[a-z]\w+/g)];
    const word = all[at(text, p) % Math.max(1, all.length)];
    return word ? text.slice(0, word.index) + name + text.slice(word.index + word[0].length) : text;
  };
});
const escaping = place.map((p): Edit => {
  return (text) => {
    const code = text.charCodeAt(at(text, p)) || 0x25;
    const hex = (code & 0xff).toString(16).padStart(2, "0");
    return `${text.slice(0, at(text, p))}%${hex}${text.slice(at(text, p) + 1)}`;
  };
});

const edit = fc.oneof(
  { weight: 3, arbitrary: deletion },
  { weight: 4, arbitrary: insertion },
  { weight: 12, arbitrary: renaming },
  ...[swap, repetition, nesting, enlargement, escaping].map((arbitrary) => ({
    weight: 1,
    arbitrary,
  })),
);

/** Paths whose query strings were well-formed before they were edited. */
export const mangled = (paths: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.oneof(
        { weight: 20, arbitrary: fc.constant(undefined) },
        one("/none", "/_tx", "/%00", "/a b", "/order%20s"),
      ),
      paths,
      fc.oneof(
        { weight: 4, arbitrary: fc.tuple(edit) },
        fc.array(edit, { minLength: 2, maxLength: 4 }),
      ),
      fc.nat(3).map((n) => n > 0),
    )
    .map(([other, path, edits, decoded]) => {
      const [table, search = ""] = path.split(/\?(.*)/s);
      // Edits of what is hardly escaped meet the grammar more often than the escapes.
      const light = (part: string) =>
        decodeURIComponent(part.replaceAll("+", " ")).replace(/[%&#+]/g, encodeURIComponent);
      const text = decoded ? search.split("&").map(light).join("&") : search;
      return `${other ?? table}?${edits.reduce((made, change) => change(made), text)}`;
    });

const headers: Record<string, string[]> = {
  range: ["0-", "5-2", "-", "items=1-3", "bytes=0-1", "99999999999999999999-"],
  prefer: ["count=exact", "count=planned", "count=none", "handling=strict, no", ",,=;"],
  accept: [
    ...["text/csv", "application/vnd.pgrst.object+json", "application/geo+json", "image/png"],
    ...["application/vnd.pgrst.plan+json", "///"],
  ],
  "accept-profile": ["public", "reports", "private", "_"],
};
const oneHeader = one(...Object.keys(headers)).chain((name) =>
  one(...(headers[name] ?? [])).map((value): [string, string] => [name, value]),
);

/** Mostly none: they refuse what the URL should have been refused for. */
export const oddHeaders: fc.Arbitrary<Record<string, string>> = fc
  .oneof({ weight: 5, arbitrary: fc.constant([]) }, fc.array(oneHeader, { maxLength: 2 }))
  .map((list) => Object.fromEntries(list));
