# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # lib.sh sets with_key
# Tests of TLS client certificates source this file too: it provides CAs, certificates, and servers that require them.

# ca_new: makes a root CA (T/ca.pem), an intermediate CA (T/issuer.pem), and a certificate of the root for servers on localhost.
ca_new() {
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes) name
	{
		openssl req -x509 "${key[@]}" -keyout "$T/ca.key" -out "$T/ca.pem" -days 30 -subj '/CN=test root'
		printf '%s\n' '[issuer]' basicConstraints=critical,CA:TRUE,pathlen:0 keyUsage=critical,keyCertSign \
			'[server]' extendedKeyUsage=serverAuth subjectAltName=DNS:localhost,IP:127.0.0.1 >"$T/ca.cnf"
		for name in issuer server; do
			openssl req "${key[@]}" -keyout "$T/$name.key" -out "$T/$name.csr" -subj "/CN=test $name"
			openssl x509 -req -in "$T/$name.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -CAcreateserial -days 30 \
				-extfile "$T/ca.cnf" -extensions $name -out "$T/$name.pem"
		done
	} >"$T/ca.log" 2>&1
	[ -s "$T/server.pem" ] || { sed 's/^/# /' "$T/ca.log"; exit 1; }
}

# client_certificate_new FILE [OPTION…]: has the intermediate CA certify the key in URI, which signs the request (OPTIONs: of
# "csr"). FILE gets the certificate and the intermediate CA's.
client_certificate_new() {
	local file=$1
	shift
	{
		"$P11BEARER" csr -k "$URI" "${with_key[@]}" --subject /CN=client --eku clientAuth "$@" |
			openssl x509 -req -CA "$T/issuer.pem" -CAkey "$T/issuer.key" -CAcreateserial -days 30 -copy_extensions copyall -out "$file" &&
			cat "$T/issuer.pem" >>"$file"
	} 2>"$T/ca.log" || { sed 's/^/# /' "$T/ca.log"; exit 1; }
}

# fingerprint FILE sha1|sha256: of the first certificate, as the servers' logs have it.
fingerprint() { openssl x509 -in "$1" -noout -fingerprint "-$2" | sed 's/.*=//; s/://g' | tr A-F a-f; }

# nginx_start VERSION [OPTION…]: starts nginx for https, which requires a client certificate below the root CA, and behind it a
# loopback org with these OPTIONs. VERSION is 1.2 or 1.3. Sets ORG (nginx's URL, which is also the org's), front_pid, front_log
# (per request: connection, version of TLS, result of the verification, SHA-1 of the certificate, method, path, status), and what
# org_start sets.
nginx_start() {
	local folder=$T/nginx-${#orgs[@]} version=$1 port front
	shift
	mkdir "$folder"
	front_log=$folder/access.log
	mkfifo "$folder/port" "$folder/go"
	python3 "$SOURCE/tests/doubles/inherit.py" /usr/sbin/nginx -p "$folder" -c "$folder/nginx.conf" -e "$folder/error.log" \
		<"$folder/go" >"$folder/port" &
	front_pid=$!
	orgs+=("$front_pid")
	exec {go}>"$folder/go"
	read -r port <"$folder/port" || exit 1
	front=https://localhost:$port
	org_start --audience "$front" --extra "instance_url=\"$front\"" "$@"
	cat >"$folder/nginx.conf" <<-CONF
		daemon off;
		$([ "$(id -u)" != 0 ] || echo 'user root root;')
		pid $folder/pid;
		events {}
		http {
			client_body_temp_path $folder/body;
			proxy_temp_path $folder/proxy;
			fastcgi_temp_path $folder/fastcgi;
			uwsgi_temp_path $folder/uwsgi;
			scgi_temp_path $folder/scgi;
			client_max_body_size 64m;
			log_format clients '\$connection \$ssl_protocol \$ssl_client_verify \$ssl_client_fingerprint \$request_method \$uri \$status';
			access_log $front_log clients;
			server {
				listen 127.0.0.1:$port ssl;
				ssl_certificate $T/server.pem;
				ssl_certificate_key $T/server.key;
				ssl_protocols TLSv$version;
				ssl_verify_client on;
				ssl_verify_depth 2;
				ssl_client_certificate $T/ca.pem;
				location / { proxy_pass $ORG; }
			}
		}
	CONF
	echo >&"$go"
	exec {go}>&-
	ORG=$front
}

# front_stop: ends the server that was started last, whose log is complete then.
front_stop() {
	kill -QUIT "$front_pid"
	wait "$front_pid"
}

# s_server_start VERSION: starts openssl s_server, which requires a client certificate below the root CA. Sets ORG, front_pid and
# front_log (what s_server prints).
s_server_start() {
	local port
	front_log=$T/s_server-${#orgs[@]}.log
	rm -f "$T/s_server.port"
	mkfifo "$T/s_server.port"
	python3 "$SOURCE/tests/doubles/s-server.py" "$front_log" "-tls${1/./_}" -cert "$T/server.pem" -key "$T/server.key" -Verify 2 \
		-verify_return_error -CAfile "$T/ca.pem" >"$T/s_server.port" &
	front_pid=$!
	orgs+=("$front_pid")
	read -r port <"$T/s_server.port" || exit 1
	ORG=https://localhost:$port
}

# signature_type FILE: the first signature in the log of s_server, as RFC 8446 names it. OpenSSL before 3.5 says "RSA-PSS", and the
# digest apart.
signature_type() {
	local type digest
	type=$(sed -n '/^Peer signature type: /{s///p;q}' "$1")
	digest=$(sed -n '/^Peer signing digest: /{s///p;q}' "$1" | tr '[:upper:]' '[:lower:]')
	case $type/$digest in
	RSA-PSS/*) echo "rsa_pss_rsae_$digest" ;;
	RSA/*) echo "rsa_pkcs1_$digest" ;;
	ECDSA/sha256) echo ecdsa_secp256r1_sha256 ;;
	ECDSA/sha384) echo ecdsa_secp384r1_sha384 ;;
	*) echo "$type" ;;
	esac
}
