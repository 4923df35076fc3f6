//! A network of a few pages.

use crate::facility::{Network, NetworkError, Response, WebHit};
use alloc::{borrow::ToOwned, boxed::Box, collections::BTreeMap, format, string::String, vec::Vec};
use core::{cell::RefCell, future::ready};
use llm_memory::BoxFuture;

/// Pages by their addresses. Every other address answers with a page that says so.
#[derive(Debug, Default)]
pub struct FakeNetwork {
    pages: RefCell<BTreeMap<String, Response>>,
    requests: RefCell<Vec<String>>,
    failure: RefCell<Option<NetworkError>>,
}

impl FakeNetwork {
    /// Two pages of one server: a text and a JSON object.
    pub fn with_samples() -> Self {
        let network = Self::default();
        network.put(
            "http://10.0.2.2:8000/news.txt",
            "text/plain",
            "The river festival opens on Saturday at noon.\n",
        );
        network.put(
            "http://10.0.2.2:8000/status.json",
            "application/json",
            "{\"status\": \"ok\", \"users\": 12}",
        );
        network
    }

    /// Sets what an address answers.
    pub fn put(&self, url: &str, media_type: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref().to_vec();
        let response = Response { status: 200, media_type: media_type.to_owned(), body };
        self.pages.borrow_mut().insert(url.to_owned(), response);
    }

    /// Lets the next request fail.
    pub fn fail_next(&self, message: &str) {
        self.failure.replace(Some(NetworkError { message: message.to_owned() }));
    }

    /// The addresses that were asked for and the questions that were searched, oldest first.
    pub fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }

    fn begin(&self, request: &str) -> Result<(), NetworkError> {
        self.requests.borrow_mut().push(request.to_owned());
        self.failure.take().map_or(Ok(()), Err)
    }

    fn get_now(&self, url: &str, most_bytes: usize) -> Result<Response, NetworkError> {
        self.begin(url)?;
        let mut response = self.pages.borrow().get(url).cloned().unwrap_or_else(|| Response {
            status: 404,
            media_type: "text/html".to_owned(),
            body: format!("<html><body><h1>Not found</h1><p>{url}</p></body></html>").into_bytes(),
        });
        response.body.truncate(most_bytes);
        Ok(response)
    }

    fn search_now(&self, query: &str) -> Result<Vec<WebHit>, NetworkError> {
        self.begin(query)?;
        let hit = |number: u32, what: &str| WebHit {
            title: format!("{what}: {query}"),
            url: format!("https://example.org/{number}"),
            excerpt: format!("Page {number} says what is known about {query}."),
        };
        Ok(Vec::from([hit(1, "All about"), hit(2, "News of")]))
    }
}

impl Network for FakeNetwork {
    fn get<'a>(
        &'a self,
        url: &'a str,
        most_bytes: usize,
    ) -> BoxFuture<'a, Result<Response, NetworkError>> {
        Box::pin(ready(self.get_now(url, most_bytes)))
    }

    fn search<'a>(&'a self, query: &'a str) -> BoxFuture<'a, Result<Vec<WebHit>, NetworkError>> {
        Box::pin(ready(self.search_now(query)))
    }
}
