// What the demo city eats. Per cuisine: words that names are made of, and dishes with a price in
// pence, by category.

export interface Kitchen {
  cuisine: string;
  /** Every name is one of `first` and one of `last`. */
  first: string;
  last: string;
  menu: Record<string, string>;
}

export const kitchens: Kitchen[] = [
  {
    cuisine: "Scottish",
    first: "The Salted|The Copper|The Lamplighter's|The Stag &|The Old Ferry",
    last: "Herring|Kettle|Table|Thistle|Larder",
    menu: {
      Starters:
        "Cullen skink 790|Haggis bonbons 750|Smoked trout pâté 820|Leek and tattie soup 590",
      Mains: "Haggis with neeps 1450|Venison stew 1890|Haddock supper 1590|Barley risotto 1390",
      Puddings: "Cranachan 690|Sticky toffee pudding 720|Clootie dumpling 650",
    },
  },
  {
    cuisine: "Italian",
    first: "Trattoria|Osteria|Da|La Cucina di|Forno",
    last: "Nonna Rosa|Giosuè|Perché No|dell'Angolo|Ventidue",
    menu: {
      Antipasti: "Bruschetta al pomodoro 620|Burrata con pesche 890|Caponata 680|Supplì 590",
      Pizza: "Margherita 1050|Quattro formaggi 1290|Diavola 1320|Ortolana 1240",
      Pasta: "Cacio e pepe 1190|Tagliatelle al ragù 1390|Orecchiette con cime di rapa 1280",
      Dolci: "Tiramisù 650|Panna cotta 590",
    },
  },
  {
    cuisine: "Japanese",
    first: "Kōji|Sakura|Umi|鶴|Hoshi",
    last: "Izakaya|Rāmen|食堂|Sushi Bar|Kitchen",
    menu: {
      "Small plates": "Edamame 450|Agedashi tōfu 690|Chicken karaage 790|Gyōza 720",
      Noodles: "Shōyu rāmen 1290|Tonkotsu rāmen 1390|Zaru soba 1090|Nabeyaki udon 1350",
      Sushi: "Salmon nigiri 620|Tuna maki 690|Chirashi 1690",
      Sweet: "Matcha ice cream 490|Mochi 450",
    },
  },
  {
    cuisine: "Vietnamese",
    first: "Phở|Quán|Bếp|Nhà Hàng|Sài Gòn",
    last: "Hà Nội|Cô Ba|Mẹ Tôi|Hội An|Đêm",
    menu: {
      Starters: "Gỏi cuốn 590|Chả giò 620|Gỏi đu đủ 690",
      Soups: "Phở bò 1190|Phở gà 1150|Bún bò Huế 1250|Canh chua 1090",
      Mains: "Bún chả 1220|Cơm tấm sườn 1190|Bánh xèo 1150|Bánh mì thịt 790",
      Drinks: "Cà phê sữa đá 380|Trà đá chanh 290",
    },
  },
  {
    cuisine: "Indian",
    first: "Saffron|Masala|Monsoon|Tiffin|Palm",
    last: "House|Junction|& Lime|Verandah|Street",
    menu: {
      Starters: "Onion bhaji 490|Samosa chaat 590|Paneer tikka 720|Lamb seekh kebab 790",
      Curries: "Chicken tikka masala 1190|Rogan josh 1290|Saag paneer 1050|Goan fish curry 1390",
      Sides: "Dal makhani 690|Garlic naan 320|Pilau rice 340",
      Sweet: "Gulab jamun 450|Mango kulfi 420",
    },
  },
  {
    cuisine: "Thai",
    first: "Baan|Chaophraya|Lemongrass|Isaan|Rim",
    last: "Thai|Garden|Market|Nam|Rest",
    menu: {
      Starters: "Tom yum goong 750|Chicken satay 690|Som tam 720|Spring rolls 590",
      Curries: "Green curry with chicken 1190|Massaman beef 1350|Red curry with duck 1420",
      Wok: "Pad thai 1150|Pad kra pao 1190|Pad see ew 1120",
      Sweet: "Mango sticky rice 590|Coconut ice cream 450",
    },
  },
  {
    cuisine: "Chinese",
    first: "Jade|Lotus|Red Lantern|川香|Harbour",
    last: "Palace|Dumpling House|小馆|Garden|Noodle Bar",
    menu: {
      "Dim sum": "Har gow 560|Pork siu mai 540|Xiao long bao 690|Turnip cake 490",
      Mains: "Mapo tofu 1090|Kung pao chicken 1190|Twice-cooked pork 1250|Crispy duck 1590",
      Noodles: "Dan dan noodles 1050|Beef ho fun 1150|Singapore noodles 1090",
      Sweet: "Egg custard tart 350|Sesame balls 420",
    },
  },
  {
    cuisine: "Mexican",
    first: "Taquería|Cantina|El|La Señora|Casa",
    last: "Ñandú|Luz|Jalapeño|del Río|Corazón",
    menu: {
      Antojitos: "Guacamole y totopos 650|Elote asado 490|Quesadilla de flor 720",
      Tacos: "Tacos al pastor 890|Tacos de pescado 950|Tacos de nopal 820|Birria tacos 990",
      Platos: "Mole poblano 1390|Enchiladas verdes 1190|Chile relleno 1150",
      Postres: "Churros con cajeta 590|Flan 520",
    },
  },
  {
    cuisine: "French",
    first: "Chez|Bistro|Café|L'Atelier|Brasserie",
    last: "Amélie|du Théâtre|Étienne|des Écluses|Noël",
    menu: {
      Entrées: "Soupe à l'oignon 790|Œuf mayonnaise 620|Terrine de campagne 850|Salade niçoise 890",
      Plats: "Steak frites 1890|Coq au vin 1750|Moules marinière 1550|Gratin dauphinois 1190",
      Desserts: "Crème brûlée 690|Tarte Tatin 720|Île flottante 650",
    },
  },
  {
    cuisine: "Lebanese",
    first: "Beirut|Zaatar|Cedar|Layla's|Sumac",
    last: "Mezze|Grill|Kitchen|Terrace|Bakery",
    menu: {
      Mezze: "Hummus 520|Moutabal 550|Tabbouleh 540|Falafel 590|Kibbeh 690",
      Grill: "Shish taouk 1290|Lamb kofta 1350|Halloumi and peppers 1150|Mixed grill 1690",
      Sweet: "Baklawa 420|Muhallabia 450",
    },
  },
  {
    cuisine: "Turkish",
    first: "Anadolu|Şirin|Boğaz|Köşk|Meydan",
    last: "Ocakbaşı|Sofrası|Lokantası|Kebap|Mutfağı",
    menu: {
      Meze: "Cacık 450|İmam bayıldı 690|Sigara böreği 590|Mercimek çorbası 520",
      Izgara: "Adana kebap 1290|Tavuk şiş 1190|İskender 1420|Sebzeli güveç 1090",
      Tatlı: "Künefe 650|Sütlaç 450|Baklava 490",
    },
  },
  {
    cuisine: "Korean",
    first: "Seoul|Gogi|한옥|Bada|Mokja",
    last: "BBQ|Bunsik|식당|House|Pocha",
    menu: {
      Starters: "Kimchi pancake 720|Mandu 650|Tteokbokki 690|Japchae 790",
      Mains: "Bibimbap 1150|Bulgogi 1390|Kimchi jjigae 1090|Korean fried chicken 1290",
      Sides: "Kimchi 350|Seasoned spinach 380|Steamed rice 290",
      Sweet: "Bingsu 690|Hotteok 450",
    },
  },
  {
    cuisine: "Ethiopian",
    first: "Addis|Lalibela|Habesha|Blue Nile|Selam",
    last: "Kitchen|Table|Coffee House|Rooms|Corner",
    menu: {
      Starters: "Sambusa 450|Azifa 520|Timatim salad 490",
      Wot: "Doro wot 1250|Misir wot 990|Key wot 1290|Shiro 950",
      Platters: "Beyaynetu 1190|Tibs 1390|Kitfo 1420",
      Drinks: "Buna ceremony 490|Tej 550",
    },
  },
  {
    cuisine: "Polish",
    first: "Pod|U|Zajazd|Gospoda|Stara",
    last: "Żurawiem|Łucji|Gęś|Młyńska|Piekarnia",
    menu: {
      Starters: "Żurek 590|Barszcz czerwony 550|Śledź w oleju 620",
      Mains:
        "Pierogi ruskie 950|Bigos 1050|Kotlet schabowy 1190|Gołąbki 1090|Placki ziemniaczane 890",
      Sweet: "Sernik 520|Szarlotka 490|Naleśniki z serem 590",
    },
  },
  {
    cuisine: "Greek",
    first: "Taverna|Ouzeri|Το|Kafeneio|Psaras",
    last: "Kalliopi|Σπίτι|Thalassa|Aegina|Meltemi",
    menu: {
      Meze: "Tzatziki 450|Dolmades 590|Saganaki 690|Gigantes 620",
      Mains:
        "Moussaka 1290|Lamb kleftiko 1690|Grilled octopus 1590|Chicken souvlaki 1150|Gemista 1050",
      Sweet: "Galaktoboureko 520|Yoghurt, honey and walnuts 450",
    },
  },
  {
    cuisine: "Peruvian",
    first: "Cevichería|Andina|Pisco &|Barrio|Chifa",
    last: "Limeña|Ají|Inti|Nazca|Sol",
    menu: {
      Frío: "Ceviche clásico 1090|Tiradito 1150|Causa limeña 790|Palta rellena 750",
      Caliente: "Lomo saltado 1490|Ají de gallina 1290|Arroz con mariscos 1590|Anticuchos 1090",
      Dulce: "Suspiro limeño 620|Picarones 590",
    },
  },
  {
    cuisine: "Vegan",
    first: "Green|Root &|Wild|Second|Honest",
    last: "Spoon|Branch|Fennel|Harvest|Radish",
    menu: {
      Plates: "Charred hispi cabbage 790|Beetroot tartare 820|Mushroom parfait 750",
      Bowls: "Rainbow grain bowl 1050|Satay noodle bowl 1120|Smoky bean chilli 990",
      Mains: "Celeriac steak 1390|Jackfruit burger 1190|Squash gnocchi 1290",
      Sweet: "Chocolate torte 620|Poached rhubarb 560",
    },
  },
  {
    cuisine: "Seafood",
    first: "The Anchor|Creel &|Newhaven|The Tidal|Oyster",
    last: "Net|Shore|Fish Bar|Rooms|Quay",
    menu: {
      Raw: "Half a dozen oysters 1650|Scallop crudo 1250|Dressed crab 1290",
      Hot: "Fish soup 890|Mussels in cider 1290|Grilled plaice 1890|Fish pie 1490",
      Sides: "Skinny chips 420|Seaweed salad 450",
      Sweet: "Lemon posset 590",
    },
  },
  {
    cuisine: "Bakery",
    first: "Flour &|The Early|Little|Crumb &|Corner",
    last: "Salt|Oven|Loaf|Butter|Rye",
    menu: {
      Bread: "Country sourdough 480|Seeded rye 520|Focaccia 420|Baguette 280",
      Pastry: "Croissant 290|Pain aux raisins 330|Cardamom bun 340|Sausage roll 420",
      Lunch: "Cheese toastie 750|Soup and bread 690",
      Drinks: "Flat white 340|Filter coffee 300",
    },
  },
  {
    cuisine: "Burgers",
    first: "Smoke &|Double|Patty|The Brick|Stack",
    last: "Stack|Lane|Yard|Grill|Bros.",
    menu: {
      Burgers: "Cheeseburger 990|Bacon double 1250|Blue cheese burger 1190|Halloumi burger 1050",
      Chicken: "Buttermilk chicken burger 1090|Wings 790",
      Sides: "Fries 390|Onion rings 450|Slaw 320",
      Shakes: "Vanilla shake 550|Peanut butter shake 590",
    },
  },
];
