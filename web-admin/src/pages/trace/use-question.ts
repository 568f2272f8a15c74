import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { paramsOf, type Question, questionOf } from './question.ts';

const MOST_STEPS = 200;

/** The question in the address, and the ways back to what was shown before. */
export function useQuestion() {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const question = useMemo(() => questionOf(new URLSearchParams(text)), [text]);
  const past = useRef<string[]>([]);
  const future = useRef<string[]>([]);
  const [steps, setSteps] = useState({ back: 0, forward: 0 });
  const go = useCallback(
    (next: string): void => {
      setSteps({ back: past.current.length, forward: future.current.length });
      setParams(new URLSearchParams(next), { replace: true });
    },
    [setParams],
  );
  const change = useCallback(
    (part: Partial<Question>): void => {
      const next = paramsOf({ ...questionOf(new URLSearchParams(text)), ...part }).toString();
      if (next === text) return;
      past.current = [...past.current, text].slice(-MOST_STEPS);
      future.current = [];
      go(next);
    },
    [go, text],
  );
  const undo = useCallback((): void => {
    const before = past.current.pop();
    if (before === undefined) return;
    future.current.push(text);
    go(before);
  }, [go, text]);
  const redo = useCallback((): void => {
    const after = future.current.pop();
    if (after === undefined) return;
    past.current.push(text);
    go(after);
  }, [go, text]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLInputElement && event.target.type !== 'checkbox';
      if (isTyping || event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (event.shiftKey) redo();
      else undo();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [undo, redo]);
  return { question, change, undo, redo, canUndo: steps.back > 0, canRedo: steps.forward > 0 };
}
