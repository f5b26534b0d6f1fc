#!/bin/sh
# What the app answers. GREETING comes from `docker run -e GREETING=...`: swinit hands its own
# environment on to every program.
printf 'Content-Type: text/plain\r\n\r\n'
echo "${GREETING:-Hello} from the app"
echo "user: $(id -un), program: $SUPERVISOR_PROCESS_NAME, page asked by: $HTTP_X_FORWARDED_FOR"
