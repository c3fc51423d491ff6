import type { Aspect, Style } from '../domain.ts';
import type { Framing } from './painting/framing.ts';
import type { PlaceName, TimeName, WeatherName } from './painting/lexicon.ts';

type Several = readonly [string, ...string[]];
type Stage = 'subject' | 'place' | 'idea';

type Phrases = {
  light: Record<TimeName, string>;
  weather: Record<WeatherName | 'clear', string>;
  lens: Record<Stage, Several>;
  framing: Record<Aspect, string>;
  palette: Record<TimeName, string>;
  style: Record<Style, string>;
  camera: Record<Stage, Several>;
  moving: Record<WeatherName | 'clear', string>;
  life: Record<Stage, Several>;
  shot: (seconds: number | null) => string;
  /** Texts of a story's scenes. The painter reads them too. */
  story: {
    framing: Record<Framing, string>;
    another: string;
    camera: Record<Framing, string>;
    time: Record<TimeName, string>;
    weather: Record<WeatherName, string>;
    /** Stages of a journey, by the place that it passes. */
    way: Partial<Record<PlaceName, string>>;
  };
  /** The motion of light in a frame that was looked at. */
  seen: Record<'dark' | 'even' | 'bright', Record<'warm' | 'neutral' | 'cold', string>>;
};

const english: Phrases = {
  light: {
    dawn: 'soft dawn light from low on the horizon with long, cool shadows',
    day: 'clear daylight with a gentle key from above and open shadows',
    sunset: 'warm low light from behind with a glowing rim around every edge',
    night: 'moonlight as a cold key, small warm practical lights in the distance',
  },
  weather: {
    snow: 'fresh snow that takes the colour of the sky, flakes of three sizes in the air',
    storm: 'a heavy, layered sky torn open on one side, wet surfaces that catch the light',
    rain: 'fine rain, reflections stretched over wet ground',
    fog: 'fog that swallows one plane after another, so that only tones separate them',
    leaves: 'amber and rust leaves in the air and on the ground',
    petals: 'pale petals adrift, new green behind them',
    fireflies: 'small floating lights that pick out the nearest leaves',
    aurora: 'curtains of green and violet light across the upper third of the sky',
    clear: 'air that grows paler with distance, plane behind plane',
  },
  lens: {
    subject: [
      '85 mm lens wide open, eyes in focus, background falling away',
      '50 mm lens at eye level, the subject a third into the frame',
      '35 mm lens from a low angle that gives the subject weight',
    ],
    place: [
      '24 mm lens, deep focus from the nearest stone to the horizon',
      '35 mm lens with a strong foreground that leads inwards',
    ],
    idea: [
      'macro lens, shallow focus, shapes that flow out of the frame',
      'long exposure, movement drawn as ribbons of light',
    ],
  },
  framing: {
    wide: 'wide composition with room on the side that the subject looks towards',
    tall: 'tall composition, sky above and ground below in a ratio of three to two',
    square: 'square composition held together by one strong diagonal',
  },
  palette: {
    dawn: 'palette of periwinkle, rose and pale gold',
    day: 'palette of cerulean, fresh green and warm white',
    sunset: 'palette of plum, coral and amber',
    night: 'palette of ink, steel blue and a single warm accent',
  },
  style: {
    vivid: 'rich, saturated colour and crisp edges',
    natural: 'true, restrained colour',
    cinematic: 'cinematic grade with teal shadows and warm highlights, fine grain',
    anime: 'clean ink outlines and flat, luminous colour',
    photo: 'photographic detail, honest skin and surface texture, slight vignette',
    watercolor: 'transparent washes on rough paper, pigment gathering at the edges',
  },
  camera: {
    subject: ['slow push-in towards the subject', 'slow arc that lets the background slide behind the subject'],
    place: ['slow forward glide through the scene', 'slow lateral drift with strong parallax'],
    idea: ['slow, weightless drift', 'slow pull-back that reveals the whole form'],
  },
  moving: {
    snow: 'snow falls steadily, near flakes larger and faster than far ones',
    storm: 'rain drives across the frame, light flickers in the clouds',
    rain: 'rain falls in fine lines and rings spread where it lands',
    fog: 'fog drifts sideways and thins for a moment',
    leaves: 'leaves turn as they fall',
    petals: 'petals float across on a light wind',
    fireflies: 'fireflies rise, glow and fade',
    aurora: 'the aurora ripples slowly, stars twinkle',
    clear: 'dust glints in the light, a slight breeze',
  },
  life: {
    subject: ['the subject stays calm and breathes', 'one small, natural gesture of the subject'],
    place: ['light travels slowly over the scene', 'far things move slower than near ones'],
    idea: ['shapes swell and settle in one long breath', 'colours pass softly into one another'],
  },
  shot: (seconds) => (seconds === null ? 'one continuous shot' : `one continuous shot of ${seconds} seconds, no cuts`),
  story: {
    framing: {
      far: 'wide shot',
      near: 'medium shot',
      low: 'low angle shot',
      detail: 'close-up',
      turned: 'reverse shot',
      last: 'last wide shot',
    },
    another: 'another',
    camera: {
      far: 'slow forward glide through the scene',
      near: 'slow push-in towards the subject',
      low: 'slow push-in from close to the ground',
      detail: 'slow, close push-in on the detail',
      turned: 'slow arc around the subject',
      last: 'slow pull-back that leaves the subject in its world',
    },
    time: { dawn: 'at dawn', day: 'in daylight', sunset: 'at sunset', night: 'at night' },
    weather: {
      snow: 'in the snow',
      storm: 'in a storm',
      rain: 'in the rain',
      fog: 'in the fog',
      leaves: 'among autumn leaves',
      petals: 'among petals',
      fireflies: 'among fireflies',
      aurora: 'under an aurora',
    },
    way: {
      sky: 'in the sky',
      forest: 'in a forest',
      meadow: 'in a meadow',
      lake: 'on a river',
      beach: 'along the shore',
    },
  },
  seen: {
    dark: {
      warm: 'a warm glow pulses in the dark frame and its shadows deepen slowly',
      neutral: 'a faint light moves through the dark frame and its shadows deepen slowly',
      cold: 'cold blue light moves through the dark frame and glints at its edges',
    },
    even: {
      warm: 'warm light passes over the amber tones of the frame',
      neutral: 'soft light passes evenly over the frame',
      cold: 'cool light passes over the blue tones of the frame',
    },
    bright: {
      warm: 'bright, warm light swells gently over the frame',
      neutral: 'bright light swells gently over the frame',
      cold: 'bright, cool light shimmers over the pale blues of the frame',
    },
  },
};

const french: Phrases = {
  light: {
    dawn: "douce lumière d'aube rasante, ombres longues et fraîches",
    day: 'lumière du jour claire venue de haut, ombres ouvertes',
    sunset: 'lumière basse et chaude à contre-jour, liseré lumineux sur chaque contour',
    night: 'clair de lune froid, petites lumières chaudes au loin',
  },
  weather: {
    snow: 'neige fraîche qui prend la couleur du ciel, flocons de trois tailles en suspension',
    storm: "ciel lourd déchiré d'un côté, surfaces mouillées qui accrochent la lumière",
    rain: 'pluie fine, reflets étirés sur le sol mouillé',
    fog: 'brume qui avale les plans un à un',
    leaves: "feuilles d'ambre et de rouille dans l'air et au sol",
    petals: 'pétales pâles portés par le vent, vert tendre derrière eux',
    fireflies: 'petites lueurs flottantes qui éclairent les feuilles proches',
    aurora: 'rideaux de lumière verte et violette dans le tiers haut du ciel',
    clear: 'air qui pâlit avec la distance, plan après plan',
  },
  lens: {
    subject: [
      'objectif 85 mm à pleine ouverture, regard net, arrière-plan fondu',
      'objectif 50 mm à hauteur des yeux, sujet au tiers du cadre',
      'objectif 35 mm en légère contre-plongée',
    ],
    place: [
      "objectif 24 mm, netteté de la première pierre jusqu'à l'horizon",
      'objectif 35 mm, premier plan fort qui mène le regard',
    ],
    idea: [
      'objectif macro, faible profondeur de champ, formes qui débordent du cadre',
      'pose longue, mouvement en rubans de lumière',
    ],
  },
  framing: {
    wide: 'composition large avec de la place du côté où porte le regard',
    tall: 'composition verticale, ciel et sol dans un rapport de trois à deux',
    square: 'composition carrée tenue par une diagonale',
  },
  palette: {
    dawn: 'palette de pervenche, de rose et d’or pâle',
    day: 'palette de bleu céruléen, de vert frais et de blanc chaud',
    sunset: 'palette de prune, de corail et d’ambre',
    night: 'palette d’encre, de bleu acier et une seule touche chaude',
  },
  style: {
    vivid: 'couleurs riches et saturées, contours nets',
    natural: 'couleurs justes et retenues',
    cinematic: 'étalonnage de cinéma, ombres bleu canard et hautes lumières chaudes, grain fin',
    anime: "contours à l'encre et aplats lumineux",
    photo: 'détail photographique, matières fidèles, léger vignettage',
    watercolor: 'lavis transparents sur papier à grain, pigment aux bords',
  },
  camera: {
    subject: ['lent travelling avant vers le sujet', "lent arc de caméra, l'arrière-plan glisse derrière le sujet"],
    place: ['lente avancée dans la scène', 'lent travelling latéral, forte parallaxe'],
    idea: ['lente dérive en apesanteur', 'lent recul qui révèle la forme entière'],
  },
  moving: {
    snow: 'la neige tombe régulièrement, les flocons proches plus grands et plus rapides',
    storm: 'la pluie balaie le cadre, des éclairs vacillent dans les nuages',
    rain: 'la pluie tombe en traits fins, des cercles s’élargissent',
    fog: 'la brume dérive et s’éclaircit un instant',
    leaves: 'les feuilles tournent en tombant',
    petals: 'des pétales traversent l’image',
    fireflies: 'des lucioles montent, brillent et s’éteignent',
    aurora: "l'aurore ondule lentement, les étoiles scintillent",
    clear: 'des poussières brillent dans la lumière, légère brise',
  },
  life: {
    subject: ['le sujet reste calme et respire', 'un seul petit geste naturel du sujet'],
    place: ['la lumière passe lentement sur la scène', 'le lointain bouge moins que le proche'],
    idea: [
      'les formes enflent puis se posent, en un long souffle',
      'les couleurs passent doucement les unes dans les autres',
    ],
  },
  shot: (seconds) => (seconds === null ? 'un seul plan' : `un seul plan de ${seconds} secondes, sans coupe`),
  story: {
    framing: {
      far: "plan d'ensemble",
      near: 'plan rapproché',
      low: 'contre-plongée',
      detail: 'gros plan',
      turned: 'contrechamp',
      last: 'dernier plan large',
    },
    another: 'autre',
    camera: {
      far: 'lente avancée dans la scène',
      near: 'lent travelling avant vers le sujet',
      low: 'lent travelling avant au ras du sol',
      detail: 'lent travelling avant sur le détail',
      turned: 'lent arc de caméra autour du sujet',
      last: 'lent recul qui laisse le sujet dans son monde',
    },
    time: { dawn: "à l'aube", day: 'en plein jour', sunset: 'au coucher du soleil', night: 'la nuit' },
    weather: {
      snow: 'sous la neige',
      storm: "sous l'orage",
      rain: 'sous la pluie',
      fog: 'dans la brume',
      leaves: "parmi les feuilles d'automne",
      petals: 'parmi les pétales',
      fireflies: 'parmi les lucioles',
      aurora: 'sous une aurore boréale',
    },
    way: {
      sky: 'dans le ciel',
      forest: 'dans une forêt',
      meadow: 'dans une prairie',
      lake: 'sur une rivière',
      beach: 'le long du rivage',
    },
  },
  seen: {
    dark: {
      warm: "une lueur chaude palpite dans l'image sombre, les ombres se creusent lentement",
      neutral: "une faible lumière traverse l'image sombre, les ombres se creusent lentement",
      cold: "une lumière bleue et froide traverse l'image sombre et accroche ses contours",
    },
    even: {
      warm: "une lumière chaude passe sur les tons ambrés de l'image",
      neutral: "une lumière douce passe également sur l'image",
      cold: "une lumière fraîche passe sur les tons bleus de l'image",
    },
    bright: {
      warm: "une lumière vive et chaude monte doucement sur l'image",
      neutral: "une lumière vive monte doucement sur l'image",
      cold: "une lumière vive et fraîche frémit sur les bleus pâles de l'image",
    },
  },
};

/** The enhancer's phrases, in the languages that it knows. */
export const phrases: Record<'en' | 'fr', Phrases> = { en: english, fr: french };
