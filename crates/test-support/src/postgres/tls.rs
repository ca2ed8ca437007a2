//! A server that speaks TLS, and who vouches for it.

use std::{fmt, fs, os::unix::fs::PermissionsExt};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use super::{PostgresServer, chown};

/// Signs the certificates of servers.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What a server shows, and its key.
pub struct ServerCertificate {
    certificate: String,
    key: String,
}

impl Authority {
    /// A new one, whom nobody trusts who was not told to.
    ///
    /// # Panics
    /// If no key can be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Its own certificate, as the text of a PEM file.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for servers of these names or addresses.
    ///
    /// # Panics
    /// If they are no names.
    #[must_use]
    pub fn certify(&self, names: &[&str]) -> ServerCertificate {
        self.sign(params(names))
    }

    /// One that was good until the year 2020.
    ///
    /// # Panics
    /// If they are no names.
    #[must_use]
    pub fn certify_expired(&self, names: &[&str]) -> ServerCertificate {
        let mut params = params(names);
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> ServerCertificate {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate").pem();
        ServerCertificate { certificate, key: key.serialize_pem() }
    }
}

impl PostgresServer {
    /// Starts one that takes connections over TCP with TLS only.
    ///
    /// # Panics
    /// As [`PostgresServer::start`].
    #[must_use]
    pub fn start_with_tls(certificate: &ServerCertificate) -> Self {
        let server = Self::start();
        server.present(certificate);
        server
    }

    /// Starts it again with another certificate, and from now on with TLS only.
    ///
    /// # Panics
    /// If it does not start with that.
    pub fn present(&self, certificate: &ServerCertificate) {
        self.stop();
        self.place("server.crt", &certificate.certificate);
        self.place("server.key", &certificate.key);
        self.place("pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n");
        // The last file of settings that the server reads.
        self.place("postgresql.auto.conf", "ssl = on\nlog_connections = on\n");
        self.resume();
    }

    /// A file for the server alone.
    fn place(&self, name: &str, content: &str) {
        let file = self.folder().join("data").join(name);
        fs::write(&file, content).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
        if let Some((user, group)) = self.programs.owner() {
            chown(&file, Some(user), Some(group)).expect("a file of the server's user");
        }
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authority")
    }
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServerCertificate")
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&it| it.to_owned()).collect();
    CertificateParams::new(names).expect("names")
}
