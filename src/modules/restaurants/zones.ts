// The names of time zones. Intl knows more than it lists: which of two names of a zone it lists
// differs by version, and the older names (US/Eastern) it never does.

/** Names of the time-zone database that Intl does not list everywhere, by what they begin with. */
const unlisted: Record<string, string> = {
  Africa: "Asmara Asmera Timbuktu",
  America: `
    Argentina/Buenos_Aires Argentina/Catamarca Argentina/ComodRivadavia Argentina/Cordoba
    Argentina/Jujuy Argentina/Mendoza Atikokan Atka Buenos_Aires Catamarca Coral_Harbour
    Cordoba Ensenada Fort_Wayne Godthab Indiana/Indianapolis Indianapolis Jujuy
    Kentucky/Louisville Knox_IN Louisville Mendoza Montreal Nipigon Nuuk Pangnirtung
    Porto_Acre Rainy_River Rosario Santa_Isabel Shiprock Thunder_Bay Virgin Yellowknife`,
  Antarctica: "South_Pole",
  Asia: `
    Ashkhabad Calcutta Choibalsan Chongqing Chungking Dacca Harbin Ho_Chi_Minh Istanbul
    Kashgar Kathmandu Katmandu Kolkata Macao Rangoon Saigon Tel_Aviv Thimbu Ujung_Pandang
    Ulan_Bator Yangon`,
  Atlantic: "Faeroe Faroe Jan_Mayen",
  Australia: "ACT Canberra Currie LHI NSW North Queensland South Tasmania Victoria West Yancowinna",
  Brazil: "Acre DeNoronha East West",
  "": `
    CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich
    HST Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ
    NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK Singapore Turkey UCT UTC Universal
    W-SU WET Zulu`,
  Canada: "Atlantic Central Eastern Mountain Newfoundland Pacific Saskatchewan Yukon",
  Chile: "Continental EasterIsland",
  Etc: "GMT GMT0 Greenwich UCT UTC Universal Zulu",
  Europe: "Belfast Kiev Kyiv Nicosia Tiraspol Uzhgorod Zaporozhye",
  Mexico: "BajaNorte BajaSur General",
  Pacific: "Chuuk Enderbury Johnston Kanton Pohnpei Ponape Samoa Truk Yap",
  US: `
    Alaska Aleutian Arizona Central East-Indiana Eastern Hawaii Indiana-Starke Michigan
    Mountain Pacific Samoa`,
};

/** Every zone whose clock is known. */
export function zones(): string[] {
  const more = Object.entries(unlisted).flatMap(([area, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => (area ? `${area}/${name}` : name)),
  );
  const hours = Array.from({ length: 15 }, (_, n) => n);
  const west = hours.slice(0, 13).map((n) => `Etc/GMT+${n}`);
  const east = hours.map((n) => `Etc/GMT-${n}`);
  return [...new Set([...Intl.supportedValuesOf("timeZone"), ...more, ...west, ...east])];
}
