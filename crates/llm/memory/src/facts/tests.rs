//! What takes the place of what, and what does not.

use super::{Comparison, Comparison::*, compare, fact, fact_key};
use alloc::{string::ToString, vec::Vec};
use proptest::prelude::*;

/// An older statement, a newer one, and what the newer is to it.
const PAIRS: &[(&str, &str, Comparison)] = &[
    // Codes, numbers and names.
    ("the gate code is 4417", "the gate code is 5521", Supersedes),
    ("The gate code is 4417.", "gate code: 5521", Supersedes),
    ("the gate code is 4417", "Remember that the new gate code is 5521!", Supersedes),
    ("the gate code is 4417", "Actually, the gate code is now 5521", Supersedes),
    ("the gate code is 4417", "the code for the gate has changed to 5521", Supersedes),
    ("the gate's code is 4417", "the gate code was changed to 5521", Supersedes),
    ("my dog's name is Rex", "my dog is called Max", Supersedes),
    ("the name of my dog is Rex", "my dog’s name is Max", Supersedes),
    ("my dog's called Rex", "my dog is named Max", Supersedes),
    ("my name is Ann", "My name's Anna", Supersedes),
    ("my name is Ann", "I'm called Anna", Supersedes),
    ("your name is Max", "your name is Otto", Supersedes),
    ("our wi-fi password is tulip9", "our wifi password is rose7", Supersedes),
    ("my locker number is 88", "my locker number is 91, keep that in mind", Supersedes),
    ("my email is a@b.org", "my e-mail is c@d.org", Supersedes),
    ("my address is 5 Main St, Berlin", "my address is 7 Oak Rd, Bonn", Supersedes),
    ("my sister's birthday is 4 May", "my sister's birthday is on 5 May", Supersedes),
    ("my sister's birthday is 4 May", "the birthday of my sister is 5 May", Supersedes),
    ("my favourite colour is blue", "my favorite color is green", Supersedes),
    ("Anna's favourite tea is mint", "Anna's favourite tea is green", Supersedes),
    ("my boss is Karen", "my boss is Tom Smith", Supersedes),
    ("my office is room 12", "my office is room 14", Supersedes),
    ("my working hours are 9 to 5", "my working hours are 8 to 4", Supersedes),
    ("I am 34 years old", "my age is 35", Supersedes),
    ("I'm 34", "I'm 35", Supersedes),
    ("my daughter is 5 years old", "my daughter is 6", Supersedes),
    // Where people live, work and are from.
    ("I live in Berlin", "I live in Bonn now", Supersedes),
    ("I live in Berlin", "I've moved to Bonn", Supersedes),
    ("I'm living in Berlin", "I now live in Bonn", Supersedes),
    ("my sister lives in Berlin", "my sister has moved to Bonn", Supersedes),
    ("Anna lives in Berlin", "Anna lives in Bonn", Supersedes),
    ("I live in Germany", "I moved to the Netherlands", Supersedes),
    ("I was born in Rome", "My birthplace is Bonn", Supersedes),
    ("I work at Siemens", "I work for Bosch", Supersedes),
    ("I work as a nurse", "I work as a teacher", Supersedes),
    ("I'm from Berlin", "I come from Bonn", Supersedes),
    ("I'm married to Tom", "I am married to Ben", Supersedes),
    // Where things are, and when.
    ("the spare key is under the mat", "the spare key is in the drawer", Supersedes),
    ("my passport is in the blue box", "my passport is in my bag", Supersedes),
    ("my keys are in the kitchen", "my keys are on the shelf", Supersedes),
    ("the team meeting is at 3", "the team meeting is at 4 pm", Supersedes),
    ("my flight is on Monday", "my flight is on Tuesday", Supersedes),
    (
        "the dentist appointment is on Friday at 3",
        "the dentist appointment is on Monday at 9",
        Supersedes,
    ),
    ("I get up at 7", "I get up at 6:30", Supersedes),
    // What is preferred.
    ("I prefer metric units", "I prefer imperial units", Supersedes),
    ("I prefer tea to coffee", "I prefer coffee over tea", Supersedes),
    ("I prefer dark mode", "I prefer the light mode", Supersedes),
    // The same said otherwise.
    ("the gate code is 4417", "The Gate Code is 4417!", Same),
    ("my dog's name is Rex", "my dog is called Rex", Same),
    ("I live in Berlin", "I'm living in Berlin", Same),
    ("the spare key is under the mat", "the spare key is under a mat", Same),
    // Something else of the same kind.
    ("the gate code is 4417", "the garage code is 1", Unrelated),
    ("my gate code is 4417", "our gate code is 5521", Unrelated),
    ("my dog's name is Rex", "my cat's name is Max", Unrelated),
    ("my sister's birthday is 4 May", "my brother's birthday is 5 May", Unrelated),
    ("my wifi password is tulip9", "my email password is rose7", Unrelated),
    ("my favourite colour is blue", "my favourite film is Jaws", Unrelated),
    ("Anna lives in Berlin", "Bob lives in Bonn", Unrelated),
    ("the code is 4417", "the code is 5521", Unrelated),
    ("the spare key is under the mat", "the car key is in the drawer", Unrelated),
    // What one can have several of.
    ("I like tea", "I like coffee", Unrelated),
    ("my friend is Anna", "my friend is Bob", Unrelated),
    ("my friend's name is Anna", "my friend's name is Bob", Unrelated),
    ("my son is called Tom", "my son is called Max", Unrelated),
    ("my brother's name is Tom", "my brother's name is Max", Unrelated),
    ("I have a dog", "I have a cat", Unrelated),
    ("I am allergic to nuts", "I am allergic to milk", Unrelated),
    ("I'm a nurse", "I'm a mother", Unrelated),
    ("I speak German", "I speak French", Unrelated),
    ("I prefer cold drinks", "I prefer sweet drinks", Unrelated),
    ("I prefer tea to coffee", "I prefer tea to juice", Unrelated),
    ("my phone number is 555-1234", "my other phone number is 555-9876", Unrelated),
    ("my phone number is 555-1234", "my phone number is also 555-9876", Unrelated),
    ("my favourite colours are red and blue", "my favourite colours are green and grey", Unrelated),
    ("a colleague's birthday is 4 May", "a colleague's birthday is 5 May", Unrelated),
    ("I work at night", "I work at weekends", Unrelated),
    ("I live in Berlin", "I live in Germany", Unrelated),
    ("I'm from Berlin", "I'm from the Netherlands", Unrelated),
    ("I live in Berlin", "I live in a small flat", Unrelated),
    ("my desk is 4B", "my desk is messy", Unrelated),
    ("I was born in Rome", "I was born in 1980", Unrelated),
    // Remarks are no values.
    ("the gate code is 4417", "the gate code is wrong", Unrelated),
    ("the gate code is 4417", "the gate code is in the drawer", Unrelated),
    ("the gate code is 4417", "the gate code is not 4417", Unrelated),
    ("the gate code is 4417", "is the gate code 5521?", Unrelated),
    ("the gate code is 4417", "maybe the gate code is 5521", Unrelated),
    ("the gate code is 4417", "if the gate code is 5521, tell me", Unrelated),
    ("my name is Ann", "my name is hard to spell", Unrelated),
    ("my name is Ann", "my name is a secret", Unrelated),
    ("my boss is Karen", "my boss is German", Unrelated),
    ("my boss is Karen", "my boss is nice", Unrelated),
    ("my wifi password is tulip9", "my wifi password is too long", Unrelated),
    ("my address is 5 Main St", "my address is changing", Unrelated),
    ("the spare key is under the mat", "the spare key is lost", Unrelated),
    ("my sister is in the army", "my sister is in the garden", Unrelated),
    ("the weather is nice", "the weather is bad", Unrelated),
    ("the door is open", "the door is closed", Unrelated),
    ("my car is in the garage", "my car is in good condition", Unrelated),
    ("the team meeting is at 3", "the team meeting is on Friday", Unrelated),
    // What was, and what says more than one thing.
    ("I live in Berlin", "I lived in Bonn", Unrelated),
    ("the gate code is 5521", "the gate code was 4417", Unrelated),
    ("the gate code is 4417", "the old gate code is 1234", Unrelated),
    ("my name is Ann", "my name is Bob and I live in Bonn", Unrelated),
    ("the gate code is 4417", "the gate code is 5521 but the garage code is 1", Unrelated),
    ("the gate code is 4417", "The gate code is 5521. The garage code is 1.", Unrelated),
    ("he lives in Berlin", "he lives in Bonn", Unrelated),
    ("this code is 4417", "this code is 5521", Unrelated),
    ("", "the gate code is 5521", Unrelated),
];

#[test]
fn a_statement_takes_the_place_of_what_it_contradicts_and_of_nothing_else() {
    let is_wrong =
        |&&(older, newer, expected): &&(&str, &str, Comparison)| compare(newer, older) != expected;
    let wrong: Vec<_> = PAIRS
        .iter()
        .filter(is_wrong)
        .map(|(older, newer, expected)| (expected, fact(older), fact(newer), newer))
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), PAIRS.len());
}

#[test]
fn the_table_is_half_of_what_must_stay() {
    let unrelated = PAIRS.iter().filter(|(_, _, expected)| *expected == Unrelated).count();
    assert!(unrelated * 2 >= PAIRS.len() && PAIRS.len() >= 100, "{unrelated} of {}", PAIRS.len());
}

#[test]
fn keys_can_be_read() {
    for (text, key) in [
        ("my dog's name is Rex", "my dog name is"),
        ("I lived in Bonn", "i lives in, once"),
        ("the spare key is under the mat", "spare key is at the place"),
        ("I prefer tea to coffee", "i: coffee or tea is preferred"),
    ] {
        assert_eq!(fact_key(text).unwrap().to_string(), key);
    }
}

proptest! {
    #[test]
    fn any_text_can_be_compared(
        words in proptest::collection::vec(
            "(my|the|name|code|is|are|was|I|am|live|in|prefer|to|of|for|called|born|at|7|Rex|it's|name's|and|changed|[a-zÄß'’.:,\"]{0,5})", 0..12)
    ) {
        let text = words.join(" ");
        if let Some(found) = fact(&text) {
            prop_assert!(!found.key.subject.is_empty() && !found.value.is_empty());
            prop_assert_eq!(compare(&text, &text), Same);
        }
    }
}
