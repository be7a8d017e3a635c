using Cairn.Llb;
using Cairn.Solver.Debugging;

namespace Cairn.Solver.Execution;

/// <summary>The process of a step ended with a code that it may not end with.</summary>
public sealed class ProcessFailedException : BuildException
{
    /// <summary>A failed process.</summary>
    /// <param name="command">Its arguments, joined by spaces.</param>
    /// <param name="exit">How it ended.</param>
    /// <param name="kept">What is kept of its filesystem.</param>
    public ProcessFailedException(string command, ExecExit exit, IReadOnlyList<KeptFilesystem> kept)
        : base(ErrorKind.Input, "", "", $"process {QuotedText.Quote(command)} did not complete successfully: exit code: {exit.Code}{(exit.WasOutOfMemory ? ": cannot allocate memory" : "")}")
    {
        Command = command;
        ExitCode = exit.Code;
        Kept = kept;
    }

    /// <summary>The arguments, joined by spaces.</summary>
    public string Command { get; }

    /// <summary>The exit code; 128 and the signal's number if a signal ended it.</summary>
    public int ExitCode { get; }

    /// <summary>What is kept of its filesystem, by mount; empty if nothing is.</summary>
    public IReadOnlyList<KeptFilesystem> Kept { get; }

    /// <summary>The failed process behind an error; null if it was none.</summary>
    public static ProcessFailedException? Find(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is ProcessFailedException failed)
            {
                return failed;
            }
        }

        return null;
    }
}
