# Whether this browser trusts the authority that signed the certificates here, and how it comes to.

trust-heading = HTTPS from this browser
trust-asking = Asking over HTTPS …
trust-yes = This browser trusts the authority of this Lifeline: what the lab asks over HTTPS is answered.
trust-no = This browser does not trust the authority of this Lifeline, or { $url } cannot be reached. Browsers do not tell a page which of the two it is.
trust-check = Check again
trust-see = Open { $url } in a tab to see the warning
trust-how = How to trust it
trust-why = The certificates are signed by an authority that this Lifeline made itself. Whoever trusts it trusts whoever has its key: trust it where you learn, and take it away again afterwards.
trust-kept = It is kept, and stays the same when Lifeline is started again.
trust-anew = It is not kept: Lifeline makes another one each time it is started. Start it with a data directory to keep it.
trust-download = Download authority.pem
trust-name = Name
trust-fingerprint = Fingerprint, SHA-256
trust-until = Valid until
trust-compare = Compare the fingerprint with the one that your system shows before you trust it.
trust-chrome = Chrome and Edge
trust-chrome-steps = Open the settings, then Privacy and security, Security, Manage certificates. Under the certificates that you installed, import authority.pem as trusted. What the system trusts they trust too.
trust-firefox = Firefox
trust-firefox-steps = Open the settings, then Privacy & Security, View Certificates, Authorities, Import. Choose authority.pem and tick that it may identify websites.
trust-macos = macOS
trust-macos-steps = Open authority.pem with Keychain Access. Open the certificate there, then Trust, and set it to Always Trust for SSL.
trust-windows = Windows
trust-windows-steps = Run certutil -user -addstore Root authority.pem in a terminal, and say yes.
trust-linux = Linux
trust-linux-steps = Chrome reads its own store: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Lifeline -i authority.pem. For curl give it the file: --cacert authority.pem.
trust-again = Then check again; some browsers must be started anew first.
