using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The command of RUN, CMD or ENTRYPOINT.</summary>
/// <param name="Arguments">The arguments of the exec form, or the whole line of the shell form as one.</param>
/// <param name="IsShellForm">The shell is put in front.</param>
/// <param name="Heredocs">The here-documents of the line.</param>
internal sealed record CommandLine(IReadOnlyList<string> Arguments, bool IsShellForm, IReadOnlyList<Heredoc> Heredocs);
