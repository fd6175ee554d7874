#!/bin/sh
# Installs the mail servers that tests of connections are tried against, if they are missing: Dovecot for
# IMAP, aiosmtpd for SMTP. Neither is to run by itself.
set -eu

PATH=$PATH:/usr/sbin
if command -v dovecot > /dev/null && /usr/bin/python3 -c 'import aiosmtpd' 2> /dev/null; then exit 0; fi

sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
if command -v systemctl > /dev/null; then
  $sudo systemctl mask dovecot.service dovecot.socket > /dev/null 2>&1 || true
fi
if ! { command -v apt-get && $sudo apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y dovecot-imapd python3-aiosmtpd; } > /dev/null; then
  echo 'there are no mail servers to test against: install dovecot-imapd and python3-aiosmtpd' >&2
  exit 1
fi
