# TLS from outside: a plain sentence for each field and each fault; X-title is the title of X.

explain-tls-odd = { $size }, not as many as there must be.
explain-tls-grease = { $number } means nothing (GREASE): clients send such numbers so that servers stay used to what they do not know.
explain-tls-more-title = More pieces
explain-tls-more = { $size } more, not listed piece by piece.

## The head of a record.

explain-tls-content-title = Content type
explain-tls-content-change = Type { $number }, change of cipher specification: from here on keys are in use. In TLS 1.3 it says nothing, and is there for old boxes on the way.
explain-tls-content-alert = Type { $number }, an alert: what is wrong, or that this side sends no more.
explain-tls-content-handshake = Type { $number }, handshake: the two sides agree on keys, and the server shows who it is.
explain-tls-content-data = Type { $number }, application data: nobody on the way can read it. In TLS 1.3 the rest of the handshake looks like this too.
explain-tls-content-other = Type { $number }: no type of a record that is known here.
explain-tls-record-version-title = Record version
explain-tls-record-version = { $number }, { $name }: it stands here for old boxes on the way. Which version is spoken, the hellos agree on.
explain-tls-record-length-title = Record length
explain-tls-record-length = The record carries { $size }.
explain-tls-fragment-title = Fragment
explain-tls-fragment = { $size } of content, not looked into.
explain-tls-fragment-protected = { $size }, protected: without the keys these bytes cannot be read, and no change to them would go unnoticed.
explain-tls-change-title = Change of cipher specification
explain-tls-change = Always 1: what this side sends next is protected. In TLS 1.3 it says nothing.

## Alerts.

explain-tls-level-title = Alert level
explain-tls-level-warning = { $number }: a warning. TLS 1.3 goes by the description alone.
explain-tls-level-fatal = { $number }, fatal: the connection ends.
explain-tls-level-other = { $number }: no level that is known.
explain-tls-alert-title = Alert description
explain-tls-alert-close = { $number }, { $name }: this side sends no more; nothing was cut off.
explain-tls-alert-trust = { $number }, { $name }: this side does not trust the certificate.
explain-tls-alert-version = { $number }, { $name }: no version of TLS that both sides speak.
explain-tls-alert-handshake = { $number }, { $name }: no keys could be agreed on.
explain-tls-alert-protocol = { $number }, { $name }: the server speaks none of the protocols that the client offers.
explain-tls-alert-name = { $number }, { $name }: the server does not know the name that is asked for.
explain-tls-alert-other = { $number }, { $name }: something went wrong in TLS.

## Handshake messages.

explain-tls-message-title = Handshake type
explain-tls-message-client-hello = Type { $number }, { $name }: what the client can do, whom it wants, and its half of the key agreement.
explain-tls-message-client-hello-1-2 = Type { $number }, { $name }: what the client can do, and whom it wants. Keys are agreed on later.
explain-tls-message-server-hello = Type { $number }, { $name }: what the server takes of it, and its half of the key agreement.
explain-tls-message-server-hello-1-2 = Type { $number }, { $name }: what the server takes of it. Keys are agreed on in later messages, as before TLS 1.3.
explain-tls-message-retry = Type { $number }, { $name }, here a HelloRetryRequest: the client must say hello again, with a key of another group.
explain-tls-message-certificate = Type { $number }, { $name }: who this side is, and who vouches for it.
explain-tls-message-keys = Type { $number }, { $name }: this side's half of the key agreement, as before TLS 1.3.
explain-tls-message-done = Type { $number }, { $name }: the server has said its part of the handshake, as before TLS 1.3.
explain-tls-message-ticket = Type { $number }, { $name }: with it a later handshake is shorter.
explain-tls-message-finished = Type { $number }, { $name }: shows that both sides have heard the same handshake.
explain-tls-message-other = Type { $number }, { $name }.
explain-tls-message-length-title = Handshake length
explain-tls-message-length = The message has { $size }.
explain-tls-body-title = Handshake message
explain-tls-body = { $size } of the message, not looked into.
explain-tls-piece-title = Piece of a message
explain-tls-piece = { $size } of a handshake message that goes over several records.

## Both hellos.

explain-tls-legacy-version-title = Legacy version
explain-tls-legacy-version = { $number }, { $name }: no newer version stands here. Newer ones are told in supported_versions.
explain-tls-random-title = Random
explain-tls-random-client = 32 random bytes of the client, new for each connection: the keys depend on them.
explain-tls-random-server = 32 random bytes of the server, new for each connection: the keys depend on them.
explain-tls-random-retry = Not random: these bytes say that the client must say hello again.
explain-tls-session-title = Session id
explain-tls-session-client = { $size }: before TLS 1.3 it named a session to go on with; now it only looks so.
explain-tls-session-server = { $size }: in TLS 1.3 the server repeats what the client sent.
explain-tls-suite-title = Cipher suite
explain-tls-suite-client = { $name } ({ $number }) is offered: how bytes are protected, and with which hash keys are made.
explain-tls-suite-server = { $name } ({ $number }) is taken: how bytes are protected, and with which hash keys are made.
explain-tls-compression-title = Compression
explain-tls-compression-none = 0: no compression. It would tell of what it hides.
explain-tls-compression = { $size } that name ways of compression; TLS 1.3 has none.
explain-tls-length-title = Length
explain-tls-length = What follows has { $size }.

## Extensions.

explain-tls-extension-title = Extension type
explain-tls-extension-name = { $number }, { $name }: which server is wanted, for one address may have many. It is readable by everybody on the way.
explain-tls-extension-protocols = { $number }, { $name }: which protocol is spoken inside, agreed on without a further round trip.
explain-tls-extension-versions = { $number }, { $name }: the versions of TLS that count.
explain-tls-extension-share = { $number }, { $name }: halves of the key agreement. Because the client guesses a group, TLS 1.3 needs one round trip and not two.
explain-tls-extension-groups = { $number }, { $name }: in which groups the client can agree on keys.
explain-tls-extension-signatures = { $number }, { $name }: which signatures the client understands.
explain-tls-extension-resumption = { $number }, { $name }: belongs to sessions that are gone on with.
explain-tls-extension-other = { $number }, { $name }: an extension that is not looked into.
explain-tls-extension-data-title = Extension
explain-tls-extension-data = { $size } of an extension, not looked into.
explain-tls-name-type-title = Name type
explain-tls-name-type-host = 0: a host name follows.
explain-tls-name-type = { $number }: no kind of name that is known.
explain-tls-server-name-title = Server name
explain-tls-server-name = The client wants { $text }.
explain-tls-protocol-title = Protocol name
explain-tls-protocol-client = { $text } is offered.
explain-tls-protocol-server = { $text } is taken: it is spoken inside from the first byte on.
explain-tls-version-title = Version
explain-tls-version-client = { $name } ({ $number }) is offered.
explain-tls-version-server = { $name } ({ $number }) is taken: it is spoken from here on.
explain-tls-group-title = Group
explain-tls-group-client = { $name } ({ $number }): a group in which the client can agree on keys.
explain-tls-group-server = { $name } ({ $number }): the group in which keys are agreed on.
explain-tls-share-title = Key share
explain-tls-share-client = { $size }, the client's public key: with the server's it makes a secret that nobody on the way can work out.
explain-tls-share-server = { $size }, the server's public key: with the client's it makes a secret that nobody on the way can work out.

## Faults.

explain-fault-tls-content-title = Unknown content type
explain-fault-tls-content = A record of a type that TLS does not have.
explain-fault-tls-long-title = Record too long
explain-fault-tls-long = A record may carry 2^14 bytes, and 256 more for its protection.
explain-fault-tls-version-title = No TLS
explain-fault-tls-version = The version of every record begins with 3: this is no TLS, so nothing after it can be read.
explain-fault-tls-message-title = Does not fit
explain-fault-tls-message = A message does not belong here, or its parts are longer or shorter than it says.
explain-fault-tls-handshake-title = Handshake message too long
explain-fault-tls-handshake = The message is longer than is read here (64 KiB).
