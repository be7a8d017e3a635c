using System.Collections.Concurrent;
using System.Reflection;
using System.Text;

namespace Cairn.Tests.Harness;

/// <summary>The child's side: a command per line comes in, an answer per line goes out, until the input ends.</summary>
internal static class ChildLoop
{
    private static readonly ConcurrentDictionary<string, Task<string>> Running = new(StringComparer.Ordinal);

    public static int Run()
    {
        Dictionary<string, Func<ChildSession, string[], string>> commands = Find();
        var session = new ChildSession();
        using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        using var input = new StreamReader(Console.OpenStandardInput());
        output.WriteLine($"ready {Environment.ProcessId}");
        while (input.ReadLine() is { } line)
        {
            string[] words = [.. line.Split(' ').Select(Uri.UnescapeDataString)];
            if (words[0] == "exit")
            {
                output.WriteLine("ok ");
                return 0;
            }
            try
            {
                output.WriteLine("ok " + Uri.EscapeDataString(Answer(commands, session, words)));
            }
            catch (Exception e)
            {
                Exception cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
                output.WriteLine($"error {cause.GetType().Name} {Uri.EscapeDataString(cause.Message)}");
            }
        }
        Environment.Exit(1);   // whoever started it is gone: nothing is closed in order
        return 1;
    }

    // "& ID COMMAND…" runs beside what follows, "join ID" waits for it and answers for it.
    private static string Answer(Dictionary<string, Func<ChildSession, string[], string>> commands, ChildSession session, string[] words)
    {
        switch (words[0])
        {
            case "&":
                Func<ChildSession, string[], string> command = commands[words[2]];
                Running[words[1]] = Task.Factory.StartNew(
                    () => command(session, words[3..]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                return "";
            case "join":
                Running.TryRemove(words[1], out Task<string>? task);
                return task!.GetAwaiter().GetResult();
            default:
                return commands.TryGetValue(words[0], out Func<ChildSession, string[], string>? found)
                    ? found(session, words[1..])
                    : throw new ArgumentException($"there is no command '{words[0]}'");
        }
    }

    private static Dictionary<string, Func<ChildSession, string[], string>> Find()
    {
        var commands = new Dictionary<string, Func<ChildSession, string[], string>>(StringComparer.Ordinal);
        foreach (Type type in Assembly.GetExecutingAssembly().GetTypes())
        {
            if (type.GetCustomAttribute<ChildCommandsAttribute>() is not null)
            {
                foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Static))
                {
                    commands.Add(Name(method.Name), method.CreateDelegate<Func<ChildSession, string[], string>>());
                }
            }
        }
        return commands;
    }

    private static string Name(string method) => string.Concat(
        method.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
}
