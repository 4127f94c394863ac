import './styles/index.css';
import { startApp } from './app/start-app.tsx';
import { detectConnector } from './platform/detect-connector.ts';

startApp(document.getElementById('root'), detectConnector(window));
