use super::*;
use crate::expression::compute;

/// What a problem comes to.
fn solved(request: &str) -> Option<String> {
    solve(request).map(|expression| compute(&expression).unwrap().value.readable())
}

#[test]
fn problems_are_solved_by_their_words() {
    for (request, expected) in [
        ("sum of the squares of 3, 4 and 5", "50"),
        ("the total of the cubes of 2 and 3", "35"),
        ("if I drive 240 km in 3 hours how fast am I going", "80"),
        ("I ran 5 km in 25 minutes, what is my speed in km/h?", "12"),
        ("how long does it take to drive 300 km at 60 km/h", "5"),
        ("how far do I get in 2.5 hours at 80 km/h", "200"),
        ("how far does a train go in 90 minutes at 120 mph?", "180"),
        ("area of a rectangle 7 by 9", "63"),
        ("area of a room of 4 m times 6 m", "24"),
        ("perimeter of a square with side 12", "48"),
        ("circumference of a circle with radius 10", "62.83185307"),
        ("area of a circle with a diameter of 10", "78.53981634"),
        ("volume of a box 3 x 4 x 5", "60"),
        ("volume of a cylinder with radius 2 and height 10", "125.6637061"),
        ("hypotenuse of a right triangle with legs 3 and 4", "5"),
        ("price went from 80 to 100, how many percent is that up?", "25"),
        ("it fell from 80 to 60, what is the percentage drop", "-25"),
        ("how much did it go up, from 82 to 97", "15"),
        ("tip of 18% on a bill of 50", "9"),
        ("1200 per month, how much per year?", "14400"),
        ("I pay 960 a year. How much is that per month?", "80"),
        ("my heart beats 70 times a minute, how many times in an hour", "4200"),
        ("500 pages, I read 20 a day. how many days", "25"),
        ("If I save 12 euros a day, how many days until I have 600?", "50"),
        ("If 5 apples cost 3 dollars, how much do 15 cost", "9"),
        ("my recipe for 4 people needs 300 g flour, how much for 6?", "450"),
        ("4 workers need 6 days, how long do 3 workers need?", "8"),
        ("interest on 1000 at 5% for 3 years simple", "150"),
        ("1000 at 5 percent compound interest for 2 years", "1102.5"),
        ("If I invest 2000 at 10% a year, what do I have after 2 years?", "2420"),
        ("what do 3 coffees at 2.80 and 2 cakes at 3.50 cost", "15.4"),
        ("3 dozen eggs are how many", "36"),
        ("what do 250 grams cost if a kilo is 18 euros", "4.5"),
        ("I earn 2340 a month, how much is that in a whole year?", "28080"),
        ("my tab is 64 bucks and I want to tip 20 percent, what's the total", "76.8"),
        ("14 boxes with 36 eggs each, minus 29 broken ones. how many good eggs", "475"),
        ("the sum of 1 to 10", "55"),
        ("add up all numbers from 1 to 100", "5050"),
        ("a pizza is cut into 8 slices, I have 3 pizzas, how many slices", "24"),
        ("A dinner for four was 96 dollars. With a 15% tip, how much does each pay?", "27.6"),
        ("I bought 3 books for 14 each and paid with a 50, what's my change?", "8"),
        ("I'm 34, how old will I be in 17 years", "51"),
        ("she is 40, how old was she 5 years ago", "35"),
    ] {
        assert_eq!(solved(request).as_deref(), Some(expected), "{request}");
    }
}

#[test]
fn what_only_looks_like_a_problem_is_left_alone() {
    for request in [
        "what is 3 plus 4",
        "remind me to water the garden at 5",
        "the room has 2 windows and 1 door",
        "What would 17 packs at 8 euros cost?",
        "rent 780, heating 95 and internet 40, what's the total?",
        "there are 12 months in a year",
        "it went from 3 to 4",
        "what is the sum of 3 and 10",
        "I have 3 apples and 2 pears, how many pears",
        "how many km is it",
        "15% of 80",
        "how many minutes are in 3 hours",
        "what is 12 percent of 80 for 3 years",
        "I was born in 1984, how old am I in 2030",
    ] {
        assert_eq!(solve(request), None, "{request}");
    }
}

#[test]
fn a_unit_that_is_asked_for_elsewhere_is_found_in_the_end() {
    for (request, expected) in [
        ("I'm 172 cm tall, how many inches is that", "172 cm in inches"),
        ("the parcel weighs 3 kg, what's that in pounds?", "3 kg in pounds"),
    ] {
        assert_eq!(guess(request).as_deref(), Some(expected), "{request}");
    }
    assert_eq!(guess("the parcel weighs 3 kg, how many metres is that"), None);
}
