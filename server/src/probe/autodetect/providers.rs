//! Large providers: whose addresses and mail they have, their servers, and what to know before one types a password.
//! Hosts, ports and advice are from the providers' own help pages, which the hints lead to.

use super::{Candidate, Source, guess};

/// What to know of a provider before one types a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    pub provider: &'static str,
    pub text: &'static str,
    /// The provider's page about it.
    pub link: &'static str,
}

/// A provider's servers.
#[derive(Debug)]
pub(super) struct Provider {
    name: &'static str,
    /// Of addresses.
    domains: &'static [&'static str],
    /// What the names of its mail exchangers end with.
    exchangers: &'static [&'static str],
    inbound: (&'static str, u16),
    outbound: (&'static str, u16),
    /// Whether one signs in to the inbound server with what is before the @ alone.
    is_local_user: bool,
    hint: &'static str,
    link: &'static str,
}

impl Provider {
    /// Whether its own addresses sign in with what is before the @ alone; other domains' never do.
    pub(super) const fn is_local_user(&self) -> bool {
        self.is_local_user
    }

    pub(super) fn guess(&self, address: &str, is_inbound: bool, is_local: bool) -> Candidate {
        let (host, port) = if is_inbound { self.inbound } else { self.outbound };
        let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
        let user = if is_local && is_inbound { local } else { address };
        guess(host.to_owned(), port, user, Source::Provider(self.name))
    }

    pub(super) fn hint(&self) -> Hint {
        Hint { provider: self.name, text: self.hint, link: self.link }
    }
}

/// The provider of a domain's addresses.
pub(super) fn of_domain(domain: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.domains.contains(&domain))
}

/// The provider that takes a domain's mail, by the name of its mail exchanger.
pub(super) fn of_mx(host: &str) -> Option<&'static Provider> {
    PROVIDERS
        .iter()
        .find(|provider| provider.exchangers.iter().any(|suffix| super::is_within(host, suffix)))
}

/// What to know of the provider of a server.
#[must_use]
pub fn hint_of_host(host: &str) -> Option<Hint> {
    let has = |provider: &&Provider| provider.inbound.0 == host || provider.outbound.0 == host;
    PROVIDERS.iter().find(has).map(Provider::hint)
}

const PROVIDERS: &[Provider] = &[
    Provider {
        name: "Gmail",
        domains: &["gmail.com", "googlemail.com"],
        exchangers: &["google.com", "googlemail.com"],
        inbound: ("imap.gmail.com", 993),
        outbound: ("smtp.gmail.com", 465),
        is_local_user: false,
        hint: "Gmail wants an app password: switch on 2-Step Verification, create an app password, and enter that.",
        link: "https://support.google.com/accounts/answer/185833",
    },
    Provider {
        name: "Microsoft 365",
        domains: &[],
        exchangers: &["mail.protection.outlook.com", "olc.protection.outlook.com", "mx.microsoft"],
        inbound: ("outlook.office365.com", 993),
        outbound: ("smtp.office365.com", 587),
        is_local_user: false,
        hint: "Microsoft takes no passwords for IMAP, and for SMTP only where an administrator of the organisation has \
               allowed it: by the end of December 2026 that is switched off in existing organisations, too.",
        link: "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online",
    },
    Provider {
        name: "Outlook.com",
        domains: &["outlook.com", "hotmail.com", "live.com", "msn.com"],
        exchangers: &[],
        inbound: ("outlook.office365.com", 993),
        outbound: ("smtp-mail.outlook.com", 587),
        is_local_user: false,
        hint: "Outlook.com takes no passwords from mail programs. Connect another mailbox.",
        link: "https://support.microsoft.com/office/pop-imap-and-smtp-settings-for-outlook-com-d088b986-291d-42b8-9564-9c414e2aa040",
    },
    Provider {
        name: "Yahoo",
        domains: &[
            "yahoo.com",
            "yahoo.co.uk",
            "yahoo.de",
            "yahoo.fr",
            "ymail.com",
            "rocketmail.com",
        ],
        exchangers: &["yahoodns.net"],
        inbound: ("imap.mail.yahoo.com", 993),
        outbound: ("smtp.mail.yahoo.com", 465),
        is_local_user: false,
        hint: "Yahoo wants an app password: create one under Account security, and enter that.",
        link: "https://help.yahoo.com/kb/SLN15241.html",
    },
    Provider {
        name: "AOL",
        domains: &["aol.com"],
        exchangers: &[],
        inbound: ("imap.aol.com", 993),
        outbound: ("smtp.aol.com", 465),
        is_local_user: false,
        hint: "AOL wants an app password: create one under Account security, and enter that.",
        link: "https://help.aol.com/articles/Create-and-manage-app-password",
    },
    Provider {
        name: "iCloud",
        domains: &["icloud.com", "me.com", "mac.com"],
        exchangers: &["mail.icloud.com"],
        inbound: ("imap.mail.me.com", 993),
        outbound: ("smtp.mail.me.com", 587),
        is_local_user: true,
        hint: "iCloud wants an app-specific password: create one at account.apple.com, and enter that.",
        link: "https://support.apple.com/102654",
    },
    Provider {
        name: "Fastmail",
        domains: &["fastmail.com", "fastmail.fm"],
        exchangers: &["messagingengine.com"],
        inbound: ("imap.fastmail.com", 993),
        outbound: ("smtp.fastmail.com", 465),
        is_local_user: false,
        hint: "Fastmail wants an app password: create one under Privacy & Security, and enter that.",
        link: "https://www.fastmail.help/hc/en-us/articles/360058752854",
    },
    Provider {
        name: "Zoho Mail",
        domains: &["zoho.com", "zohomail.com"],
        exchangers: &[],
        inbound: ("imap.zoho.com", 993),
        outbound: ("smtp.zoho.com", 465),
        is_local_user: false,
        hint: "Zoho has IMAP switched off at first: allow it in the settings. With two-factor sign-in it wants an app password.",
        link: "https://www.zoho.com/mail/help/imap-access.html",
    },
    Provider {
        name: "Zoho Mail for organisations",
        domains: &[],
        exchangers: &["zoho.com"],
        inbound: ("imappro.zoho.com", 993),
        outbound: ("smtppro.zoho.com", 465),
        is_local_user: false,
        hint: "Zoho has IMAP switched off at first: allow it in the settings. With two-factor sign-in it wants an app password.",
        link: "https://www.zoho.com/mail/help/imap-access.html",
    },
    Provider {
        name: "Yandex Mail",
        domains: &["yandex.com", "yandex.ru", "ya.ru"],
        exchangers: &["yandex.net", "yandex.ru"],
        inbound: ("imap.yandex.com", 993),
        outbound: ("smtp.yandex.com", 465),
        is_local_user: false,
        hint: "Yandex wants an app password, and mail programs have to be allowed in the settings first.",
        link: "https://yandex.com/support/mail/mail-clients/others.html",
    },
    Provider {
        name: "Mail.ru",
        domains: &["mail.ru", "bk.ru", "list.ru", "inbox.ru"],
        exchangers: &["mail.ru"],
        inbound: ("imap.mail.ru", 993),
        outbound: ("smtp.mail.ru", 465),
        is_local_user: false,
        hint: "Mail.ru wants a password for external applications: create one in the settings, and enter that.",
        link: "https://help.mail.ru/mail/security/protection/external",
    },
    Provider {
        name: "GMX",
        domains: &["gmx.net", "gmx.de", "gmx.at", "gmx.ch"],
        exchangers: &["gmx.net"],
        inbound: ("imap.gmx.net", 993),
        outbound: ("mail.gmx.net", 587),
        is_local_user: false,
        hint: "GMX has IMAP switched off at first: allow access by IMAP in the settings under POP3 & IMAP.",
        link: "https://support.gmx.com/pop-imap/toggle.html",
    },
    Provider {
        name: "GMX",
        domains: &["gmx.com"],
        exchangers: &[],
        inbound: ("imap.gmx.com", 993),
        outbound: ("mail.gmx.com", 587),
        is_local_user: false,
        hint: "GMX has IMAP switched off at first: allow access by IMAP in the settings under POP3 & IMAP.",
        link: "https://support.gmx.com/pop-imap/toggle.html",
    },
    Provider {
        name: "WEB.DE",
        domains: &["web.de"],
        exchangers: &["web.de"],
        inbound: ("imap.web.de", 993),
        outbound: ("smtp.web.de", 587),
        is_local_user: false,
        hint: "WEB.DE has IMAP switched off at first: allow access by IMAP in the settings under POP3 & IMAP.",
        link: "https://hilfe.web.de/pop-imap/einschalten.html",
    },
    Provider {
        name: "NetEase",
        domains: &["163.com"],
        exchangers: &[],
        inbound: ("imap.163.com", 993),
        outbound: ("smtp.163.com", 465),
        is_local_user: false,
        hint: "NetEase wants an authorization code: switch IMAP and SMTP on in the settings, and enter the code.",
        link: "https://help.mail.163.com/",
    },
    Provider {
        name: "NetEase",
        domains: &["126.com"],
        exchangers: &[],
        inbound: ("imap.126.com", 993),
        outbound: ("smtp.126.com", 465),
        is_local_user: false,
        hint: "NetEase wants an authorization code: switch IMAP and SMTP on in the settings, and enter the code.",
        link: "https://help.mail.163.com/",
    },
    Provider {
        name: "NetEase",
        domains: &["yeah.net"],
        exchangers: &[],
        inbound: ("imap.yeah.net", 993),
        outbound: ("smtp.yeah.net", 465),
        is_local_user: false,
        hint: "NetEase wants an authorization code: switch IMAP and SMTP on in the settings, and enter the code.",
        link: "https://help.mail.163.com/",
    },
    Provider {
        name: "QQ Mail",
        domains: &["qq.com", "foxmail.com"],
        exchangers: &[],
        inbound: ("imap.qq.com", 993),
        outbound: ("smtp.qq.com", 465),
        is_local_user: false,
        hint: "QQ Mail wants an authorization code: switch IMAP and SMTP on in the settings, and enter the code.",
        link: "https://service.mail.qq.com/",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_by_its_addresses_its_mail_and_its_servers() {
        assert_eq!(of_domain("gmail.com").unwrap().name, "Gmail");
        assert_eq!(of_mx("aspmx.l.google.com").unwrap().name, "Gmail");
        assert_eq!(of_mx("x-co.mail.protection.outlook.com").unwrap().name, "Microsoft 365");
        assert!(of_mx("mx.notgoogle.com").is_none() && of_domain("x.co").is_none());
        assert_eq!(hint_of_host("smtp.gmail.com").unwrap().provider, "Gmail");
        assert_eq!(hint_of_host("smtp.x.co"), None);
        let apple = of_domain("icloud.com").unwrap();
        assert_eq!(apple.guess("anna@icloud.com", true, true).user, "anna");
        assert_eq!(apple.guess("anna@icloud.com", false, true).user, "anna@icloud.com");
    }

    #[test]
    fn each_is_whole() {
        for provider in PROVIDERS {
            assert!(provider.link.starts_with("https://") && provider.hint.ends_with('.'));
            assert!([993, 143].contains(&provider.inbound.1), "{provider:?}");
            assert!([465, 587].contains(&provider.outbound.1), "{provider:?}");
        }
    }
}
