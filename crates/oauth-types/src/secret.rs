/// Declares a newtype for a secret text.
///
/// The type prints `Name(..)`, has neither `Display` nor `Serialize`, compares in constant time,
/// wipes its memory when dropped, and gives its text only through `expose()`.
///
/// ```
/// oauth_types::secret! {
///     /// The secret of a confidential client.
///     pub struct ClientSecret;
/// }
///
/// let secret = ClientSecret::new("s3cr3t".to_owned());
/// assert_eq!(format!("{secret:?}"), "ClientSecret(..)");
/// assert_eq!(secret.expose(), "s3cr3t");
/// ```
///
/// It cannot be shown by accident:
///
/// ```compile_fail
/// oauth_types::secret! {
///     /// The secret of a confidential client.
///     pub struct ClientSecret;
/// }
/// println!("{}", ClientSecret::new("s3cr3t".to_owned()));
/// ```
#[macro_export]
macro_rules! secret {
    ($(#[$doc:meta])* $visibility:vis struct $name:ident;) => {
        $(#[$doc])*
        #[derive(Clone)]
        $visibility struct $name(::std::string::String);

        impl $name {
            /// Takes the text over; the caller keeps no copy.
            #[must_use]
            $visibility const fn new(text: ::std::string::String) -> Self {
                Self(text)
            }

            /// The secret text, for the one place that must send or hash it.
            #[must_use]
            $visibility fn expose(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl ::std::cmp::PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $crate::__private::equal(self.0.as_bytes(), other.0.as_bytes())
            }
        }

        impl ::std::cmp::Eq for $name {}

        impl ::std::ops::Drop for $name {
            fn drop(&mut self) {
                $crate::__private::Zeroize::zeroize(&mut self.0);
            }
        }

        impl $crate::__private::ZeroizeOnDrop for $name {}
    };
}

/// Whether two texts are equal, in time that depends on their lengths only.
#[must_use]
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}

#[cfg(test)]
mod tests {
    secret! {
        /// A secret of this test.
        struct Password;
    }

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn m02_a_secret_prints_its_name_only() {
        assert_eq!(format!("{:?}", password("hunter2")), "Password(..)");
        assert_eq!(format!("{:#?}", Some(password("hunter2"))), "Some(\n    Password(..),\n)");
    }

    #[test]
    fn secrets_compare_by_their_text() {
        assert_eq!(password("hunter2"), password("hunter2"));
        assert_ne!(password("hunter2"), password("hunter3"));
        assert_ne!(password("hunter2"), password("hunter"));
        assert_eq!(password("hunter2").expose(), "hunter2");
    }
}
