using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn completion SHELL`: a script that asks cairn itself what fits, so it never goes stale.</summary>
internal static class CompletionCommandLine
{
    private const string Bash = """
        # bash completion for cairn: source <(cairn completion bash)
        _cairn() {
            local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]}
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2> /dev/null)" -- "$word"))
        }
        complete -o bashdefault -o default -F _cairn cairn ./cairn
        """;

    private const string Zsh = """
        #compdef cairn
        # zsh completion for cairn: source <(cairn completion zsh)
        _cairn() {
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2> /dev/null)}")
            [[ -n "${found[*]}" ]] && compadd -- "${found[@]}" || _files
        }
        compdef _cairn cairn
        """;

    private const string Fish = """
        # fish completion for cairn: cairn completion fish | source
        function __cairn_complete
            set -l line (commandline -cp)
            cairn "[suggest:"(string length -- "$line")"]" "$line" 2> /dev/null
        end
        complete -c cairn -a '(__cairn_complete)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        var command = new Command("completion", "Print the completion script of a shell") { shell };
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(shell) ?? "";
            Console.Out.WriteLine(name switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                _ => throw new UsageException($"unknown shell: {name}{Suggestion.Text(name, ["bash", "fish", "zsh"])} (bash, zsh or fish)"),
            });
        });
        return command;
    }
}
