use super::*;

#[test]
fn what_can_be_computed_is_found() {
    for (request, expected) in [
        ("What is 7 times 8?", "7 times 8"),
        ("compute 12*(3+4)", "12*(3+4)"),
        ("Compute 12*(3+4)!", "12*(3+4)"),
        ("How much is 144 divided by 12?", "144 divided by 12"),
        ("Could you tell me what 15% of 80 is, please?", "15% of 80"),
        ("whats 12x12", "12x12"),
        ("3 apples at 1.25 each", "3 apples at 1.25 each"),
        ("I bought 3 apples at $1.25 each, how much is that?", "3 apples at $1.25 each"),
        ("What's 5!", "5!"),
        ("5!", "5!"),
        ("what is 50-18", "50-18"),
        ("50-18", "50-18"),
        ("50 - 18 = ?", "50 - 18"),
        ("3 x 4, please", "3 x 4"),
        ("What is 3/4 of 80?", "3/4 of 80"),
        ("2+2", "2+2"),
        ("2+2=", "2+2"),
        ("What is two plus two.", "two plus two"),
        ("What is 1.5 plus 2.", "1.5 plus 2"),
        ("Please add 5 and 7", "add 5 and 7"),
        ("Can you multiply 6 by 7 for me?", "multiply 6 by 7"),
        ("What is the square root of 2?", "the square root of 2"),
        ("what is the sum of 3, 4 and 5?", "the sum of 3, 4 and 5"),
        ("Tell me the average of 3, 5 and 10.", "the average of 3, 5 and 10"),
        ("How much is $20 * 3?", "$20 * 3"),
        ("$20 * 3", "$20 * 3"),
        ("What is a 20% tip on $64.50?", "a 20% tip on $64.50"),
        ("Dinner was $64.50. How much is a 20% tip?", "20% tip on $64.50"),
        ("A jacket costs 80 euros and is 35% off. What do I pay?", "80 euros and is 35% off"),
        ("A jacket costs 80 euros. Today it is 35% off.", "35% off 80 euros"),
        ("What do I pay with a 25% discount on a jacket that costs 80?", "25% off 80"),
        ("What percentage of 80 is 20?", "What percentage of 80 is 20"),
        ("20 is what percent of 80?", "20 is what percent of 80"),
        ("Split 90 euros among 4 people", "Split 90 euros among 4 people"),
        ("How many km are 5 miles?", "How many km are 5 miles"),
        ("convert 12 inches to centimetres", "12 inches to centimetres"),
        ("What is 100 F in C?", "100 F in C"),
        ("How fast is 100 km/h in miles per hour?", "100 km/h in miles per hour"),
        ("5 miles is how many km?", "5 miles is how many km"),
        ("What is 2 to the power of 10?", "2 to the power of 10"),
        ("what's 17 mod 5", "17 mod 5"),
        ("What is 1/0?", "1/0"),
        ("What is 100/10/5?", "100/10/5"),
        ("sqrt(16) + 3", "sqrt(16) + 3"),
        ("If I have 12 euros plus 5 euros, how much is it?", "12 euros plus 5 euros"),
    ] {
        assert_eq!(readings(request).first().map_or("", |it| it), expected, "{request}");
        assert!(
            !matches!(super::super::evaluate(expected), Err(error)
            if error.kind != ErrorKind::DivisionByZero),
            "{expected}"
        );
    }
}

#[test]
fn the_reading_with_the_most_operations_is_first() {
    let request = "What is 7 times 8, and how much is 1 plus 2 plus 3?";
    assert_eq!(readings(request), ["1 plus 2 plus 3", "7 times 8"]);
}

#[test]
fn what_is_not_arithmetic_has_no_reading() {
    for request in [
        "",
        "Tell me a joke",
        "Remind me in 10 minutes",
        "my phone number is 555 1234",
        "my phone number is 555-1234",
        "Call +49 170 1234567",
        "the year 1969",
        "room 12",
        "42",
        "Draw a bar chart of 3, 5, 2 and 8",
        "Draw a pie chart of 1/2, 1/4 and 1/4",
        "What day is 2024-05-01?",
        "2024-05-01",
        "Am 1/5/2024 there was a storm",
        "The score was 3-2",
        "Support is there 24/7",
        "Read pages 10-20 of the book",
        "Wake me at 7:30",
        "Is the shop open 9 - 5?",
        "Set a timer for half an hour",
        "a quarter past five",
        "Remind me 3 times a day",
        "Add milk and 2 eggs to my list",
        "Add 5 and 7 to my list",
        "Increase the volume to 50%",
        "The battery is at 80%",
        "top 10% of students",
        "Open http://example.com/5*3/2",
        "Show file1+2.txt",
        "Version 1.2.3 is out",
        "What is 2x + 3?",
        "Solve x + 3 * 4 = 20",
        "3 of 5 tasks are done",
        "I ran 5 miles in 40 minutes",
        "Who won the 1966 world cup final?",
        "We live on the 3rd floor, second door",
        "Give me 5!",
        "I was 12 in 2020",
        "Chapter 7, section 2 and 3",
        "What is the capital of France?",
        "There were a hundred people and two dogs",
        "The root of all evil",
        "Split the text into 3 parts",
        "What time is it in 3 hours?",
    ] {
        assert_eq!(readings(request), [""; 0], "{request}");
    }
}
