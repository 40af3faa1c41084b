# SPDX-License-Identifier: Apache-2.0
# Completion of p11bearer in fish. The program knows what fits.

function __p11bearer_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l word (string unescape -- $typed; or string trim --left --chars '\'"' -- $typed)
    set -l lines (string join0 -- $words[2..] "$word" | command p11bearer complete 2>/dev/null)
    set -l first (string split \t -- $lines[1])

    switch "$first[1]"
        case command
            set -l rest (string escape -- $words[(math $first[2] + 2)..])
            complete -C (string join ' ' -- $rest "$typed")
            return
        case files folders
            # The arguments of a command without completions are files; fish knows what ~ and quotes mean.
            set -l path (string sub --start (math 1 + (string length -- "$first[2]")) -- "$typed")
            set -l paths (complete -C "__fish_command_without_completions $path")
            test $first[1] = files; or set paths (string match '*/' -- $paths)
            string join \n -- $first[2]$paths
    end
    printf '%s\n' $lines[2..]
end

complete --command p11bearer --no-files --keep-order --arguments '(__p11bearer_complete)'
