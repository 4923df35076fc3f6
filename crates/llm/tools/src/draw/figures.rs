//! Figures that are made of shapes, each on a canvas of 100 x 100 units of its own.

/// Names and shapes. The first part is the one that takes a colour.
const FIGURES: [(&str, &str); 21] = [
    (
        "house",
        "rectangle 18 45 64 50 yellow; polygon 8 45 50 8 92 45 red; rectangle 42 66 16 29 brown; \
         rectangle 25 54 12 12 blue; rectangle 63 54 12 12 blue",
    ),
    (
        "tree",
        "circle 50 34 26 green; circle 32 48 18 green; circle 68 48 18 green; \
         rectangle 44 58 12 38 brown",
    ),
    (
        "sun",
        "circle 50 50 22 yellow; line 50 4 50 22 yellow; line 50 78 50 96 yellow; \
         line 4 50 22 50 yellow; line 78 50 96 50 yellow; line 17 17 30 30 yellow; \
         line 70 70 83 83 yellow; line 83 17 70 30 yellow; line 30 70 17 83 yellow",
    ),
    (
        "moon",
        "polygon 62 6 44 10 28 22 20 40 20 60 28 78 44 90 62 94 50 82 42 66 40 50 42 34 50 18 \
         yellow",
    ),
    (
        "star",
        "polygon 50 5 60.6 35.4 92.8 36.1 67.1 55.6 76.5 86.4 50 68 23.5 86.4 32.9 55.6 7.2 36.1 \
         39.4 35.4 yellow",
    ),
    (
        "heart",
        "polygon 50 92 12 50 6 36 10 22 22 12 36 13 46 20 50 29 54 20 64 13 78 12 90 22 94 36 \
         88 50 red",
    ),
    (
        "smiley",
        "circle 50 50 44 yellow; circle 34 38 5 black; circle 66 38 5 black; \
         line 28 60 38 71 black; line 38 71 50 75 black; line 50 75 62 71 black; \
         line 62 71 72 60 black",
    ),
    (
        "car",
        "rectangle 6 48 88 24 red; polygon 24 48 36 28 66 28 80 48 blue; circle 28 74 10 black; \
         circle 72 74 10 black",
    ),
    (
        "boat",
        "polygon 8 66 92 66 76 88 24 88 brown; line 50 66 50 8; polygon 54 12 54 60 86 60 white; \
         polygon 46 20 46 60 22 60 white",
    ),
    (
        "flower",
        "circle 50 16 11 pink; circle 68 28 11 pink; circle 62 48 11 pink; circle 38 48 11 pink; \
         circle 32 28 11 pink; circle 50 33 9 yellow; line 50 59 50 96 green; \
         polygon 50 84 68 70 64 84 green",
    ),
    (
        "cat",
        "circle 50 56 36 gray; polygon 18 42 20 8 44 24 gray; polygon 82 42 80 8 56 24 gray; \
         circle 37 50 5 green; circle 63 50 5 green; polygon 46 63 54 63 50 69 pink; \
         line 4 60 34 66 black; line 4 74 34 70 black; line 96 60 66 66 black; \
         line 96 74 66 70 black",
    ),
    (
        "fish",
        "polygon 6 50 24 34 46 28 66 38 74 50 66 62 46 72 24 66 orange; \
         polygon 70 50 94 30 94 70 orange; circle 24 46 3 black",
    ),
    (
        "bird",
        "circle 46 54 24 blue; circle 70 34 14 blue; polygon 82 30 97 36 82 40 orange; \
         circle 73 31 3 black; polygon 26 46 4 34 22 62 blue; line 42 78 42 92 orange; \
         line 52 77 52 92 orange",
    ),
    (
        "cloud",
        "circle 30 58 20 white; circle 50 46 24 white; circle 70 58 20 white; \
         rectangle 30 58 40 20 white",
    ),
    (
        "mountain",
        "polygon 4 90 42 16 80 90 gray; polygon 50 90 74 44 96 90 gray; \
         polygon 42 16 33 34 42 40 51 34 white",
    ),
    (
        "snowman",
        "circle 50 74 22 white; circle 50 40 15 white; circle 50 17 10 white; \
         circle 46 15 2 black; circle 54 15 2 black; polygon 50 18 62 20 50 22 orange; \
         line 36 38 14 28 brown; line 64 38 86 28 brown",
    ),
    (
        "robot",
        "rectangle 26 42 48 36 gray; rectangle 34 14 32 24 gray; circle 43 25 4 red; \
         circle 57 25 4 red; line 50 14 50 4; line 26 48 10 66; line 74 48 90 66; \
         rectangle 32 78 12 18 gray; rectangle 56 78 12 18 gray",
    ),
    (
        "person",
        "circle 50 16 12; line 50 28 50 62; line 50 38 26 54; line 50 38 74 54; line 50 62 32 96; \
         line 50 62 68 96",
    ),
    (
        "rocket",
        "polygon 50 4 64 26 64 72 36 72 36 26 silver; polygon 36 54 20 80 36 72 red; \
         polygon 64 54 80 80 64 72 red; circle 50 36 7 blue; polygon 42 72 58 72 50 96 orange",
    ),
    ("flag", "polygon 24 8 88 8 88 50 24 50 red; line 20 4 20 96 brown"),
    ("arrow", "polygon 5 42 60 42 60 24 95 50 60 76 60 58 5 58"),
];

/// The shapes of a figure, as the tool's arguments are written.
pub fn source(name: &str) -> Option<&'static str> {
    FIGURES.iter().find(|(figure, _)| *figure == name).map(|(_, source)| *source)
}

/// The names of all figures.
pub fn names() -> impl Iterator<Item = &'static str> {
    FIGURES.iter().map(|(name, _)| *name)
}
