// How long a delivery takes, as a range: preparation, then the ride. The spread is the promise's:
// late costs more than early, so the slow end is further from the middle than the quick one.

/** A road is longer than the great circle; in towns by 1.2 to 1.4. */
const detour = 1.3;
/** Share of the restaurant's own preparation time when it goes well, and when it does not. */
const prep = { quick: 0.9, slow: 1.25 };
/** Minutes until the rider leaves, and from the street to the door. */
const handover = { quick: 2, slow: 7 };
/** Share of the average ride. */
const ride = { quick: 0.9, slow: 1.4 };
/** km/h of a bicycle or scooter through a town, by the hour of the restaurant's clock. */
const speeds = [
  ...[24, 24, 24, 24, 24, 24, 22], // night: empty streets
  ...[17, 15, 16], // people go to work
  ...[19, 19, 18, 18, 19, 19], // day
  ...[16, 15, 15, 17], // people go home
  ...[20, 21, 22, 23], // evening
];
/** Where the hour is not known. */
const anySpeed = 15;

/** The two ends in whole minutes; `hour` is that of the restaurant's clock, null: not known. */
export function deliveryTime(prep_minutes: number, distance_m: number, hour: number | null) {
  const speed = (hour === null ? undefined : speeds[hour]) ?? anySpeed;
  const end = (of: "quick" | "slow") => {
    const minutes = (distance_m * perMetre(of)) / speed;
    return Math.ceil(prep_minutes * prep[of] + minutes + handover[of]);
  };
  return { min: end("quick"), max: end("slow") };
}

/** Minutes for a metre at 1 km/h. */
function perMetre(of: "quick" | "slow"): number {
  return (detour * 60 * ride[of]) / 1000;
}

/** SQL of the two ends in whole minutes, of SQL for minutes, metres and the local hour. */
export function deliveryMinutes(prep_minutes: string, distance_m: string, hour: string) {
  const speed = `coalesce('${JSON.stringify(speeds)}'->>(${hour}),${anySpeed})`;
  const end = (of: "quick" | "slow") => {
    const minutes = `${distance_m}*${perMetre(of)}/${speed}`;
    return `cast(ceil(${prep_minutes}*${prep[of]}+${minutes}+${handover[of]}) as integer)`;
  };
  return { min: end("quick"), max: end("slow") };
}
