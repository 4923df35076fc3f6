//! Words that decide what is said of what, in lower case, apart by spaces.

/// Whether `word` is in one of the lists below.
pub fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|it| it == word)
}

/// What has a number with a digit as its one value.
pub const NUMBERED: &str = "code passcode pin combination number phone mobile postcode zip zipcode iban \
    age height weight salary rent budget ip port extension plate version shoesize";
/// What has a day as its one value.
pub const DATED: &str = "birthday anniversary deadline";
/// What has one value of any form.
pub const VALUED: &str = "name nickname surname username handle login password passphrase email address \
    colour size job profession occupation hometown birthplace nationality timezone url website \
    homepage hostname ssid capital currency title type model brand language religion pronouns initials coordinates hours \
    credentials dimensions measurements motto slogan";
/// What is told by a name or a number, and has moods besides.
pub const SIGNED: &str = "office desk seat room floor bank gym school university employer company";
/// Who somebody has one of.
pub const PERSONS: &str = "wife husband spouse fiance fiancee boss manager supervisor landlord landlady \
    dentist doctor gp therapist girlfriend boyfriend mother father mom mum dad owner ceo president \
    mayor teacher tutor lawyer accountant";
/// Values of plural form that are one.
pub const PLURAL: &str = "pronouns initials coordinates hours credentials dimensions measurements";
/// Words that make anything one of a kind.
pub const SINGLING: &str = "favourite preferred";
/// What happens at a time.
pub const EVENTS: &str = "meeting appointment flight train party lesson class dinner lunch breakfast call \
    interview exam test concert wedding trip alarm checkup delivery session game match visit \
    presentation standup deadline bus ferry";
/// Who moves about, so that where they are says nothing for long.
pub const ANIMATE: &str = "i you friend sister brother mother father mom mum dad wife husband son daughter \
    child kid baby boss manager dog cat dogs cats kids children parents friends people man woman boy \
    girl partner girlfriend boyfriend uncle aunt cousin grandma grandpa grandmother grandfather \
    neighbour neighbor colleague doctor teacher team answer problem issue bug point idea name";
/// Whom somebody may have several of: without a name nobody knows which is meant.
pub const SEVERAL: &str = "friend colleague coworker neighbour neighbor cousin classmate student client \
    customer uncle aunt roommate teammate employee nephew niece guest user acquaintance";
/// Of whom somebody may have several, with names of their own.
pub const NAMED_APART: &str = "brother sister son daughter child kid baby sibling grandson granddaughter \
    dogs cats children kids";

/// Words that no subject with one value begins with.
pub const INDEFINITE: &str = "a an this that these those his her their its some any every all each no one \
    another it he she they there we what who which where when how why both either neither nobody \
    somebody someone something everything nothing here if";
/// Words that say that there are others, or that it is not so, or perhaps.
pub const OPEN: &str = "other another also too either sometimes maybe perhaps probably possibly might \
    could would should not never if unless used second third among usually often almost nearly about \
    unlike isn't aren't wasn't weren't doesn't don't didn't won't can't cannot except or";
/// Words that add nothing to what is said.
pub const FILLERS: &str =
    "now currently actually presently still just officially really definitely simply";
/// Words in front of a statement that add nothing.
pub const OPENERS: &str = "actually now well ok okay btw correction update sorry currently";
/// Words that only say that a value is the one that holds.
pub const CURRENT: &str = "new current present actual latest own full complete exact";
/// Words that begin another statement within a value.
pub const CLAUSES: &str = "but because although though while whereas since which who whose until is are \
    was were has had does did will";

/// Words that tell of a value instead of saying it.
pub const COMMENTS: &str = "wrong right hard easy difficult long short secret important good bad nice great \
    fine ok okay terrible awful boring fun cool correct incorrect unknown lost different same similar \
    like coming soon tomorrow today tonight yesterday very so quite more less as than being gone \
    broken missing ready done due here there worse better weird funny strange private confidential \
    public available valid invalid expired off unique common rare old new too always over open closed \
    busy away strict friendly kind sick ill tired happy sad angry late early full empty big small high \
    low safe unsafe weak strong spelled spelt written stored saved kept hidden pronounced known \
    blocked free cheap expensive required needed mine yours hers theirs ours everything nothing \
    anything something all none visible changed required optional stressful demanding";
/// Words that begin a place or a relation instead of a value.
pub const PREPOSITIONS: &str = "in on at under behind by near of from to with for about below above between \
    inside outside beside next after before during without against through via into";
/// Words that say where something is.
pub const PLACES: &str = "in on at under behind inside beneath underneath below above beside near by \
    next between outside";
/// Words that a place begins with, behind the words above.
pub const PLACE_STARTS: &str = "the my our your a an room drawer box shelf locker bag cupboard garage \
    kitchen bathroom bedroom cellar attic garden level floor row bay to top";
/// What is said like a place and is none.
pub const IDIOMS: &str = "way moment end mood hurry process making past future news condition mail post \
    charge phone radio tv market house's beginning works fritz loose go run table fence";
/// What people are, written like names.
pub const DEMONYMS: &str = "german french english british american spanish italian chinese japanese russian \
    polish turkish indian dutch swedish canadian australian greek irish scottish welsh swiss austrian \
    danish norwegian finnish portuguese brazilian mexican korean catholic protestant muslim jewish \
    buddhist hindu european african asian";
/// What one of is preferred at a time.
pub const CHOICES: &str = "units unit mode theme format system clock language spelling keyboard layout \
    notation currency";
/// Days of the week, and months.
pub const DAYS: &str = "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays \
    wednesdays thursdays fridays saturdays sundays";
/// Months, and how they are shortened.
pub const MONTHS: &str = "january february march april may june july august september october november \
    december jan feb mar apr jun jul aug sep sept oct nov dec";
/// Where somebody can live and live in a town at the same time.
pub const COUNTRIES: &str = "germany austria switzerland france italy spain portugal england scotland wales \
    ireland britain uk netherlands holland belgium luxembourg denmark sweden norway finland iceland \
    poland czechia slovakia hungary romania bulgaria greece turkey ukraine russia serbia croatia \
    slovenia estonia latvia lithuania usa us america canada mexico brazil argentina chile peru \
    colombia china japan korea india pakistan indonesia vietnam thailand philippines malaysia \
    australia zealand egypt morocco nigeria kenya israel iran iraq europe asia africa bavaria saxony \
    texas california florida ohio ontario quebec queensland";
/// What people live in besides places.
pub const STATES: &str = "fear peace poverty hope harmony luxury sin exile shared";
