// Money that is not where it should be, and dishes that are nowhere: a query each, without a row
// where all is well.

const ended = "('cancelled', 'rejected', 'expired')";
const sum = (of: string) => `(select coalesce(sum(${of}), 0)`;

export const discrepancies: Record<string, string> = {
  "a payment is still pending": "select id from payments where state = 'pending'",
  "a refund is still pending": "select id from refunds where state = 'pending'",
  "a token is kept": "select id from payments where card_token is not null",
  "an order is paid twice": `select order_id, count(*) n from payments where state = 'succeeded'
    group by order_id having n > 1`,
  "a charge is not its payment's": `select c.key, c.decline_code, p.state
    from payments__sandbox_charges c
    left join payments p on p.id = c.key and p.amount_minor = c.amount_minor
    where p.state is not iif(c.decline_code is null, 'succeeded', 'declined')`,
  "the network does not know a payment": `select p.id from payments p
    left join payments__sandbox_charges c on c.key = p.id where c.key is null`,
  "given back for nothing": `select r.key from payments__sandbox_refunds r
    left join refunds f on f.id = r.key and f.payment_id = r.charge_key
      and f.amount_minor = r.amount_minor
    where f.state is not 'succeeded'`,
  "given back twice": `select charge_key, count(*) n from payments__sandbox_refunds
    group by charge_key having n > 1`,
  "three books disagree": `select o.id, o.state,
      ${sum("amount_minor")} from payments p where p.order_id = o.id and p.state = 'succeeded') -
      ${sum("amount_minor")} from refunds f where f.order_id = o.id and f.state = 'succeeded') ours,
      ${sum("c.amount_minor")} from payments__sandbox_charges c join payments p on p.id = c.key
        where p.order_id = o.id and c.decline_code is null) -
      ${sum("r.amount_minor")} from payments__sandbox_refunds r
        join payments p on p.id = r.charge_key
        where p.order_id = o.id) theirs,
      iif(o.state = 'placed' or o.state in ${ended}, 0, o.total_minor) due
    from orders o where ours <> theirs or ours <> due`,
  "stock does not add up, of a dish that had 1,000": `select m.name, m.stock + ${sum("l.quantity")}
      from order_lines l join orders o on o.id = l.order_id
      where l.menu_item_id = m.id and o.state not in ${ended}) all_of_it
    from menu_items m where m.description = 'a thousand' and all_of_it <> 1000`,
};
