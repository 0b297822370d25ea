import { ownedBy } from "../secrecy.ts";
import { type Chapter, expects, granted } from "../stage.ts";
import { ada } from "./accounts.ts";
import { restaurant } from "./restaurants.ts";

export const favourites: Chapter = {
  chooses: [
    {
      says: "keeps one as a favourite",
      async does(stage) {
        const { client } = ada.of(stage);
        const place = restaurant.of(stage);
        await granted(
          client.from("favourites").insert({ restaurant_id: place.id }).select().single(),
        );
        const mine = client.from("favourites").select("restaurants(name)");
        const kept = await granted<{ restaurants: { name: string } }[]>(mine);
        const names = kept.map(({ restaurants }) => restaurants.name);
        expects(names.join() === place.name, `${place.name} alone`, names);
        return place.name;
      },
    },
  ],
  ...ownedBy(ada, "favourites"),
};
