import type { Catalogue } from "../../kernel/errors.ts";

/** What an item is refused for is told by its name, which everybody reads on the menu. */
export const errors: Catalogue = {
  lines_invalid: {
    status: 400,
    message: "lines are {menu_item_id, quantity} objects",
    details: "{reason}",
  },
  restaurant_unknown: { status: 409, message: "There is no such restaurant" },
  restaurant_closed: { status: 409, message: "The restaurant is not open now" },
  restaurant_paused: {
    status: 409,
    message: "The restaurant takes no orders at the moment",
    details: "It is paused until {paused_until}",
  },
  hours_unknown: {
    status: 409,
    message: "Nobody has said when the restaurant is open, so it takes no orders",
  },
  outside_delivery_area: {
    status: 409,
    message: "The restaurant does not deliver that far",
    details: "It delivers {delivery_radius_m} m far, and this is {distance_m} m",
  },
  below_minimum: {
    status: 409,
    message: "The dishes cost less than the restaurant delivers for",
    details: "They cost {items_minor} of {min_order_minor} {currency}, in minor units",
  },
  item_unknown: {
    status: 409,
    message: "The restaurant has no such dish",
    details: "{item}",
  },
  item_unavailable: { status: 409, message: "The dish is not available", details: "{item}" },
  currency_mismatch: {
    status: 409,
    message: "The dish is sold in another currency than its restaurant's",
    details: "{item}",
  },
  quote_expired: {
    status: 409,
    message: "The quote has expired",
    details: "It held until {expires_at}",
    hint: "Ask for a new quote.",
  },
  quote_changed: {
    status: 409,
    message: "What was quoted is not what can be had now",
    details: "{changes}",
    hint: "Ask for a new quote.",
  },
  illegal_transition: {
    status: 409,
    message: "The order's state does not allow this",
    details: "It is {from} and cannot become {to}. Possible for the {mover}: {possible}",
    hint: "Read the order again. To cancel it, insert into cancellations.",
  },
};
