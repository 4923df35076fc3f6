//! Addresses of pages: checked, and found in requests.

use crate::paths::words;
use alloc::{format, string::String, vec::Vec};

/// An address whose host is known for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// The whole address, with its scheme.
    pub text: String,
    /// The host, in small letters, without the port.
    pub host: String,
}

impl Url {
    /// Reads an address; a bare host gets a scheme. Only `http` and `https`, and only hosts that
    /// every reader of the address takes for the same: no user names, spaces or backslashes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => (String::from(scheme_of(text)), text),
        };
        if scheme != "http" && scheme != "https" {
            return None;
        }
        if rest.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return None;
        }
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let is_port = |port: &str| !port.is_empty() && port.parse::<u16>().is_ok();
        if !is_host(host) || port.is_some_and(|port| !is_port(port)) {
            return None;
        }
        Some(Self { text: format!("{scheme}://{rest}"), host: host.to_ascii_lowercase() })
    }
}

/// How a bare host is asked: numbers and this machine without encryption.
fn scheme_of(text: &str) -> &'static str {
    let host = text.split(['/', ':', '?', '#']).next().unwrap_or_default();
    if host == "localhost" || is_address(host) { "http" } else { "https" }
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    host.split('.').all(is_label)
}

fn is_address(host: &str) -> bool {
    host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok())
}

/// All addresses in a request: those with a scheme first, then bare hosts.
pub fn urls(request: &str) -> Vec<Url> {
    let (whole, bare): (Vec<_>, Vec<_>) = words(request)
        .map(|word| word.path)
        .filter(|word| is_whole(word) || is_bare(word))
        .partition(|word| is_whole(word));
    whole.into_iter().chain(bare).filter_map(Url::parse).collect()
}

fn is_whole(word: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| word.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme)))
}

/// Whether a word without a scheme is a host, with or without a path, and not a file.
fn is_bare(word: &str) -> bool {
    const DOMAINS: [&str; 40] = [
        "com", "org", "net", "edu", "gov", "int", "info", "biz", "io", "dev", "app", "ai", "co",
        "uk", "de", "fr", "es", "it", "nl", "be", "ch", "at", "se", "no", "dk", "fi", "pl", "cz",
        "pt", "ie", "eu", "us", "ca", "au", "nz", "jp", "br", "in", "me", "tv",
    ];
    let host = word.split(['/', ':', '?', '#']).next().unwrap_or_default();
    if !is_host(host) {
        return false;
    }
    let lower = host.to_ascii_lowercase();
    let domain = lower.rsplit_once('.').map(|(_, domain)| domain);
    lower == "localhost"
        || is_address(host)
        || lower.strip_prefix("www.").is_some_and(|rest| rest.contains('.'))
        || domain.is_some_and(|domain| DOMAINS.contains(&domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_certain_or_there_is_no_address() {
        let host = |text: &str| Url::parse(text).map(|url| url.host);
        for (text, expected) in [
            ("http://10.0.2.2:8000/news.txt", "10.0.2.2"),
            ("HTTPS://Example.ORG?x=a@b", "example.org"),
            ("example.org/a#b", "example.org"),
            ("http://search/x", "search"),
        ] {
            assert_eq!(host(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "http://",
            "ftp://example.org",
            "http://good.org\\@bad.org/",
            "http://good.org@bad.org/",
            "http://good.org:80@bad.org/",
            "http://*/",
            "http://a b.org/",
            "http://example.org:99999/",
            "http://example..org/",
            "http://exämple.org/",
        ] {
            assert_eq!(host(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_found_in_requests() {
        for (request, expected) in [
            ("get http://10.0.2.2:8000/news.txt.", "http://10.0.2.2:8000/news.txt"),
            ("What does example.org say?", "https://example.org"),
            ("Open 'www.foo.museum/a?b=c'!", "https://www.foo.museum/a?b=c"),
            ("fetch 10.0.2.2:8000/status.json", "http://10.0.2.2:8000/status.json"),
            ("see example.org or https://b.net/x", "https://b.net/x"),
            ("(localhost:8080)", "http://localhost:8080"),
        ] {
            let urls = urls(request);
            assert_eq!(urls.first().map(|url| &*url.text), Some(expected), "{request}");
        }
        for request in ["open notes.txt", "data/temps.csv", "e.g. this", "at 3.5 or 1.2.3", "www."]
        {
            assert_eq!(urls(request), [], "{request}");
        }
    }
}
