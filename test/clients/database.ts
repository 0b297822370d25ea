// What a front-end developer generates or writes by hand, so that the client knows the tables.
type Json = string | number | boolean | null | { [key: string]: Json } | Json[];

type Restaurant = {
  id: string;
  name: string;
  cuisine: string;
  description: string | null;
  lat: number;
  lng: number;
  address: string;
  city: string | null;
  time_zone: string;
  hours: Json;
  currency: string;
  prep_minutes: number;
  rating: number | null;
  created_at: string;
  updated_at: string;
};

type MenuItem = {
  id: string;
  restaurant_id: string;
  name: string;
  description: string | null;
  category: string | null;
  price_minor: number;
  currency: string;
  stock: number | null;
  available: boolean;
  created_at: string;
  updated_at: string;
};

type Staff = {
  id: string;
  restaurant_id: string;
  user_id: string;
  role: string;
  created_at: string;
};

type Required = {
  restaurants: "name" | "cuisine" | "lat" | "lng" | "address" | "time_zone" | "hours" | "currency";
  menu_items: "restaurant_id" | "name" | "price_minor" | "currency";
  staff: "restaurant_id" | "user_id";
};

type Table<Row, Needed extends keyof Row, Relationships> = {
  Row: Row;
  Insert: Partial<Row> & Pick<Row, Needed>;
  Update: Partial<Row>;
  Relationships: Relationships;
};

type OfRestaurant<Name extends string> = [
  {
    foreignKeyName: Name;
    columns: ["restaurant_id"];
    isOneToOne: false;
    referencedRelation: "restaurants";
    referencedColumns: ["id"];
  },
];

export type Database = {
  public: {
    Tables: {
      restaurants: Table<Restaurant, Required["restaurants"], []>;
      menu_items: Table<MenuItem, Required["menu_items"], OfRestaurant<"menu_items_restaurant_id">>;
      staff: Table<Staff, Required["staff"], OfRestaurant<"staff_restaurant_id">>;
    };
    Views: Record<never, never>;
    Functions: {
      cuisines: {
        Args: { city?: string };
        Returns: { cuisine: string; restaurants: number }[];
      };
    };
  };
};
