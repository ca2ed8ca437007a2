//! What the pages say about problems, in words for people who have never heard of OAuth.

use super::super::super::Problem;

/// A problem in words.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) title: &'static str,
    /// What happened.
    pub(super) what: &'static str,
    /// What the person can do.
    pub(super) next: &'static str,
}

impl Words {
    /// The words for `problem`.
    pub(super) fn of(problem: Problem) -> &'static Self {
        match problem {
            Problem::UnknownClient => &UNKNOWN_CLIENT,
            Problem::ClientDocument => &CLIENT_DOCUMENT,
            Problem::RedirectUri => &REDIRECT_URI,
            Problem::Malformed => &MALFORMED,
            Problem::TooLong => &TOO_LONG,
            Problem::ClientMistake => &CLIENT_MISTAKE,
            Problem::Expired => &EXPIRED,
            Problem::NotOurForm => &NOT_OUR_FORM,
            Problem::NotAllowed => &NOT_ALLOWED,
            Problem::OtherPerson => &OTHER_PERSON,
            Problem::ThirdPartyRefused => &THIRD_PARTY_REFUSED,
            Problem::ThirdPartyUnavailable => &THIRD_PARTY_UNAVAILABLE,
            Problem::Busy => &BUSY,
            Problem::Unavailable => &UNAVAILABLE,
            Problem::NotFound => &NOT_FOUND,
        }
    }
}

const UNKNOWN_CLIENT: Words = Words {
    title: "This app is not known here",
    what: "The app that sent you is not registered with this server, or its registration has expired.",
    next: "In the app, remove the connection to this server and add it again. Then it registers anew.",
};

const CLIENT_DOCUMENT: Words = Words {
    title: "This app cannot be looked up",
    what: "The app describes itself at an address of its own, and that description could not be used. \
           Its makers' server may be out of order, or this server does not accept the app.",
    next: "Try again in a few minutes. If it does not get better, ask the people who run this server.",
};

const REDIRECT_URI: Words = Words {
    title: "This app gave a wrong return address",
    what: "The app asks to be answered at an address that does not belong to it. \
           Nothing was sent there, to keep your account safe.",
    next: "In the app, remove the connection to this server and add it again. \
           If that does not help, tell the people who make the app.",
};

const MALFORMED: Words = Words {
    title: "This request cannot be understood",
    what: "Something that belongs to the request is missing, or is there twice.",
    next: "Go back to the app and start to connect again. \
           If you typed or pasted the address of this page, check that it is complete.",
};

const TOO_LONG: Words = Words {
    title: "This request is too long",
    what: "The address that brought you here is longer than this server accepts.",
    next: "Go back to the app and start to connect again. \
           If that does not help, tell the people who make the app.",
};

const CLIENT_MISTAKE: Words = Words {
    title: "The app made a mistake",
    what: "The app asked for something that this server does not do. You have not been signed in.",
    next: "Go back to the app and start to connect again. \
           If that does not help, tell the people who make the app.",
};

const EXPIRED: Words = Words {
    title: "This sign-in cannot go on",
    what: "It took too long, it is already finished, or it was begun in another browser.",
    next: "Go back to the app and start to connect again, and finish it in the same browser.",
};

const NOT_OUR_FORM: Words = Words {
    title: "This form was not sent from our page",
    what: "Nothing was changed. This also happens when cookies are blocked.",
    next: "Allow cookies for this site, then go back to the app and start to connect again. \
           If you did not mean to do anything here, close this page.",
};

const NOT_ALLOWED: Words = Words {
    title: "You have no access to this server",
    what: "You are signed in, but the people who run this server have not let this account in.",
    next: "Try another account, or ask the people who run this server to let you in.",
};

const OTHER_PERSON: Words = Words {
    title: "This link was made for somebody else",
    what: "You are signed in as another person than the one whose app made this link. Nothing was changed.",
    next: "If somebody sent you the link, close this page: it is of no use to you. \
           If it came from your own app, sign out on your account page, and follow it again as the person \
           whom the app is connected for.",
};

const THIRD_PARTY_REFUSED: Words = Words {
    title: "The sign-in did not work",
    what: "The service that you signed in with refused, or gave an answer that cannot be trusted.",
    next: "Go back to the app and start to connect again. \
           If that does not help, show this page to the people who run this server.",
};

const THIRD_PARTY_UNAVAILABLE: Words = Words {
    title: "The sign-in service does not answer",
    what: "The service that you sign in with cannot be reached at the moment.",
    next: "Wait a minute, then go back to the app and start to connect again.",
};

const BUSY: Words = Words {
    title: "This server is busy",
    what: "More sign-ins have been started than this server keeps open at one time.",
    next: "Wait a minute, then go back to the app and start to connect again.",
};

const UNAVAILABLE: Words = Words {
    title: "Something failed here",
    what: "The fault is on this server, not with you or the app. Nothing was changed.",
    next: "Wait a minute and try again. \
           If that does not help, show this page to the people who run this server.",
};

const NOT_FOUND: Words = Words {
    title: "There is no such page",
    what: "Nothing is at this address.",
    next: "Check the address. On your account page you see which apps hold access for you.",
};
