/// Declares a closed list of reasons for which a crate answers instead of a server behind it.
///
/// Each row has a variant, its code in logs and documents, the status for the client, what the developer of the client
/// may know, and what it means for the operator.
///
/// ```
/// oauth_types::refusal_reasons! {
///     /// Why nobody was served.
///     pub enum Closed {
///         Late "closed_late" 503
///             "come back tomorrow"
///             "Somebody came after the doors were shut.";
///     }
/// }
///
/// assert_eq!((Closed::Late.code(), Closed::Late.status()), ("closed_late", 503));
/// assert_eq!(Closed::ALL, [Closed::Late]);
/// ```
#[macro_export]
macro_rules! refusal_reasons {
    (
        $(#[doc = $doc:literal])+
        pub enum $list:ident {
            $($name:ident $code:literal $status:literal $description:literal $explanation:literal;)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $list {
            $(#[doc = $explanation] $name,)+
        }

        impl $list {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in logs, metrics and documents.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The status for the client.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// What the developer of the client may know.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => $description,)+ }
            }

            /// What it means for the operator, and what to do.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => $explanation,)+ }
            }
        }
    };
}
