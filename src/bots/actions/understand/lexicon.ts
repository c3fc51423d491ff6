/**
 * The words by which VidGenie tells what a member wants to change, in English, French, German and Spanish. All are plain: small
 * letters without accents, see {@link plain}. A word that is common in one language and means something else in another is left out,
 * or stands with the words around it.
 */

const words = (...lists: readonly string[]): RegExp =>
  new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${lists.join('|').trim().replace(/\s+/g, '|')})(?![\p{L}\p{N}])`, 'u');

/** Alternatives that contain blanks. */
const phrases = (...alternatives: readonly string[]): RegExp =>
  new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${alternatives.join('|')})(?![\p{L}\p{N}])`, 'u');

/** A text without capital letters and accents. It has as many words as the text. */
export const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/ß/gu, 'ss')
    .replace(/[’‘`´]/gu, "'");

/** How the camera moves. Not a camera that somebody holds or looks into: that one is a part of the picture. */
const camera = [
  words(
    'zoom zooms zooming zoomed panning dolly orbit orbits orbiting pullback handheld steadicam',
    'zoome zoomer zoomez dezoom dezoome dezoomer dezoomez travelling panoramique',
    'zoomen zoomt heranzoomen herauszoomen rauszoomen reinzoomen schwenk schwenke schwenken schwenkt kamerafahrt',
    'paneo acercate alejate',
  ),
  phrases(
    '(?<!(?<!\\p{L})(?:a|une|una|ein|eine|(?:in|into|at|to|towards?|vers|dans|a|hacia) (?:the|die|la)) )(?:camera|camara|kamera)',
    '(?:camera|camara) (?:move|movement|pan|zoom|shake|lenta)',
    'pans?(?= (?:left|right|up|down|across|to|over|slowly|out|in)(?!\\p{L}))',
    '(?:push|pull|move) (?:in|back|out)',
    'push-in|pull-back|pull-out',
    'tracking shot',
    'tilt (?:up|down)',
    'plan sequence',
  ),
];

const speed = [
  words(
    'slower slowly slowest slowmo faster fastest quicker quickly speed smoother smoothly calmer timelapse hyperlapse loop',
    'lentement ralenti ralentis ralentir ralentissez rapidement accelere accelerer accelerez vitesse doucement',
    'langsamer langsam schneller zeitlupe zeitraffer geschwindigkeit tempo ruhiger flussiger',
    'despacio lentamente rapidamente deprisa velocidad acelera acelerar ralentiza',
  ),
  phrases(
    'slow[- ](?:motion|mo)',
    'slo-mo',
    'time[- ]lapse',
    'slow (?:it |this )?down',
    'more (?:slow|calm|smooth|motion|movement)',
    '(?:plus|moins|trop|tres) (?:lent|lente|rapide|vite|fluide)s?',
    '(?:mas|menos|muy) (?:lento|lenta|rapido|rapida|fluido|despacio)',
    '(?:nicht so|zu|sehr) (?:schnell|langsam)',
  ),
];

const sound = [
  words(
    'sound sounds soundtrack music musical silent mute muted audio noise noises loud louder voice voices volume song sing sings singing',
    'musique silencieux silencieuse muet muette bruit bruits voix chante chanter',
    'musik stumm leiser lauter gerausch gerausche stimme singt singen spricht',
    'sonido sonidos musica silencio ruido voz canta cantar volumen',
  ),
  phrases(
    '(?:le|du|sans|avec|avec du|plus de) son(?! \\p{L}+)',
    '(?:ohne|mit|mehr) ton',
    '(?:he|she|it|they|who) (?:speaks?|talks?|says?)',
  ),
];

/** Words that ask for a video of an image. `anime` is a style, and a French verb only with what it animates. */
const animation = [
  words(
    'animate animates animated animation video film clip movie animer animez animation animieren animiere animiert bewegtbild animalo animala animar pelicula',
  ),
  phrases("anime(?:-| )(?:l'|la|le|les)", 'bring (?:it|this|the image|the picture) to life'),
];

/** Whether a plain text asks for nothing but a video of the image. */
export function isAnimation(text: string): boolean {
  const rest = animation.reduce((left, list) => left.replace(new RegExp(list, 'gu'), ' '), text);
  return rest !== text && withoutFillers(rest) === '';
}

/** Evidence of a motion, whatever else a clause says. */
export const strongMotion: readonly RegExp[] = [...camera, ...speed, ...sound, ...animation];

/** Verbs in a form that says that something happens now. */
export const doing: readonly RegExp[] = [
  words(
    'move moves moving motion movement runs run walk walks jump jumps fly flies dance dances swim swims nod nods blink blinks',
    'spin spins rotate rotates shake shakes bounce bounces sway sways drift drifts approach approaches chase chases climb climbs',
    'stumble stumbles leap leaps yawn yawns breathe breathes flicker flickers',
    'bouge bouger bougent mouvement mouvements court courir coure marche marchent saute sauter sautent vole voler volent danse danser',
    'dansent nage nager tourne tourner tombe tombent flotte flottent cligne regarde avance avancer recule reculer approche approcher',
    'bewegt bewegen bewegung beweg bewege lauft laufen rennt rennen springt springen fliegt fliegen tanzt tanzen schwimmt schwimmen',
    'dreht drehen blinzelt nickt winkt schaut blickt schwebt wackelt',
    'mueve mover muevan mueva movimiento corre correr corra camina caminar camine salta saltar salte vuela volar vuele baila bailar baile',
    'nadar gira girar gire parpadea mira mirar mire cae caer flota acerca acercar aleja alejar',
  ),
  phrases(
    '(?:look|looks|looking) (?:up|down|around|back|at|away|into|to|left|right)',
    'turns? (?:around|his|her|its|their|to|towards|away|left|right)',
    '(?:stand|stands|get|gets|wake|wakes) up',
    '(?:sit|sits|lie|lies) down',
    '(?:start|starts|begin|begins|starting) to',
    '(?:open|opens|close|closes) (?:his|her|its|their) eyes',
    'raises? (?:his|her|its|a|the|their)',
    'waves? (?:at|to|his|her|its|goodbye)',
    '(?:leve|levent) (?:les|la|le)',
    'se leve',
    '(?:commence|commencent) a',
    '(?:steht|stehen) auf',
    '(?:fangt|fangen|beginnt|beginnen)',
    '(?:empieza|empiezan|comienza) a',
  ),
];

/** The same as a property of something, which a still can show as well. */
export const weakMotion: readonly RegExp[] = [
  words(
    'slow fast quick rapid calm smooth running walking jumping flying dancing swimming falling spinning floating leaping',
    'lent lente lents rapide rapides vite courant volant dansant',
    'schnell laufend rennend springend fliegend tanzend fallend',
    'lento lenta rapido rapida corriendo caminando saltando volando bailando',
  ),
];

/** Words for the look of a picture: times of day, weather, light, colours, styles. */
export const pictureWords: readonly RegExp[] = [
  words(
    'dusk dawn night nighttime day daytime daylight sunset sunrise evening morning noon midnight twilight moon moonlight sun sunny',
    'stars starry snow snowy rain rainy fog foggy mist storm stormy clouds cloudy autumn winter spring summer light lights lighting',
    'dark darker bright brighter brightness contrast colour color colours colors colourful colorful background foreground sky hat hair',
    'style cartoon anime watercolor watercolour painting photo realistic realism sketch vintage blurry sharp sharper warm warmer cold',
    'colder red green blue yellow orange purple pink black white grey gray brown golden gold silver bigger smaller larger taller',
    'nuit jour aube crepuscule soir matin midi minuit lune soleil etoiles neige pluie brouillard brume orage nuages automne hiver',
    'printemps ete lumiere sombre clair claire couleur couleurs fond ciel chapeau cheveux peinture aquarelle realiste flou net rouge',
    'vert verte bleu bleue jaune violet rose noir noire blanc blanche gris grise dore doree plus-grand petit petite grand grande',
    'nacht tag tageslicht dammerung abenddammerung abend morgen mittag mitternacht mond sonne sterne schnee regen nebel sturm wolken',
    'herbst fruhling sommer licht dunkel dunkler hell heller farbe farben hintergrund himmel hut haare stil aquarell gemalde rot',
    'grun blau gelb lila schwarz weiss grau golden grosser kleiner warmer kalter',
    'noche dia amanecer atardecer ocaso tarde manana mediodia medianoche luna sol estrellas nieve lluvia niebla tormenta nubes otono',
    'invierno primavera verano luz oscuro oscura claro clara color colores fondo cielo sombrero pelo estilo acuarela pintura rojo roja',
    'verde azul amarillo amarilla naranja morado rosa negro negra blanco blanca gris dorado dorada grande pequeno',
  ),
];

/** Verbs that ask for something in a picture. */
export const pictureVerbs: readonly RegExp[] = [
  words(
    'add remove replace erase delete draw paint recolor recolour wear wears wearing',
    'ajoute ajouter ajoutez enleve enlever enlevez retire retirer remplace remplacer efface effacer dessine',
    'hinzufugen fuge entferne entfernen ersetze ersetzen male',
    'anade anadir agrega agregar quita quitar reemplaza reemplazar borra borrar pinta dibuja',
  ),
];

/** "Let the fox …" asks for something that happens. */
export const letting: readonly RegExp[] = [
  phrases("let(?:'s)?", 'laisse', 'fais (?:le|la|les)', 'lass(?:t|en)?', 'deja que'),
];

/** Marks of the end of a film. */
export const endings: readonly RegExp[] = [
  phrases(
    '(?:at|in|towards?|by|near) the (?:very )?end',
    '(?:the|an|another|a different|new) ending',
    '(?:ends?|ending|finish|finishes|finishing|closes?|concludes?) (?:with|on|in|as|by|when|at)',
    '(?:last|final) (?:frame|shot|image|scene|second|moment)s?',
    'a la (?:toute )?fin',
    'pour finir',
    '(?:la|autre|nouvelle) fin',
    '(?:se |s[eo] )?(?:termin|fini)\\p{L}* (?:avec|par|sur|en|quand)',
    'derni(?:ere image|er plan|ere scene)',
    '(?:am|zum) (?:ende|schluss)',
    '(?:das|anderes|neues) ende',
    '(?:der|anderer|neuer) schluss',
    '(?:endet|enden|aufhort|aufhoren)',
    'letzte[sn]? (?:bild|einstellung|szene|sekunde)',
    'al final(?! de la calle)',
    '(?:el|otro|nuevo) final',
    '(?:termin|acab|finali[cz])\\p{L}* (?:con|en|cuando)',
    'ultim(?:a imagen|o plano|a escena)',
  ),
];

/** Words for a longer film, and words that may stand beside them. */
const longer = phrases(
  'longer',
  'lengthen',
  'extend(?:ed)?',
  'plus long(?:ue)?',
  'prolonge[rz]?',
  'rallonge[rz]?',
  'langer',
  'verlanger[ne]*',
  'mas larg[oa]',
  'alarga(?:r|lo|la)?',
);
const besideLonger = phrases(
  'video|film|clip|movie|pelicula|a|bit|little|much|more|by|some|few|can|you|again|un|peu|encore|etwas|viel|noch|kannst|du|machen',
  'poco|mucho|se|konnen|wir|seconds?|sec|secondes?|sekunden?|segundos?|um|de|s|\\d+|je|peux|tu|puedes',
);

/** Whether a plain text asks for a longer film, and for nothing else. */
export function isLonger(text: string): boolean {
  if (!longer.test(text)) return false;
  const rest = withoutFillers(text.replace(new RegExp(longer, 'gu'), ' '));
  return rest.replace(new RegExp(besideLonger, 'gu'), '').trim() === '';
}

/** Words that say nothing by themselves. */
const fillers = words(
  'please pls just now it this that the a an and then also but so let make have should will would with',
  "s'il te vous plait le la les l un une et puis aussi mais alors que qu elle il ca cela fais",
  'bitte das der die den ein eine es und dann auch aber soll mach mache lass',
  'por favor el la los las un una y luego tambien pero que haz hazlo',
);

/** Removes the marks of an ending and the fillers from a plain text. */
export function withoutFillers(text: string): string {
  let rest = text;
  for (const mark of endings) rest = rest.replace(new RegExp(mark, 'gu'), ' ');
  return rest
    .replace(new RegExp(fillers, 'gu'), ' ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
