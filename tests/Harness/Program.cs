namespace Cairn.Tests.Harness;

/// <summary>The test program: a child process if the environment says so, else the runner of its tests.</summary>
internal static class Program
{
    public static int Main(string[] arguments) =>
        Environment.GetEnvironmentVariable(ChildProcess.Variable) is not null
            ? ChildLoop.Run()
            : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments).GetAwaiter().GetResult();
}
